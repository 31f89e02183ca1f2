import { hash, randomBytes } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { tryParseJson, fromSystemError, isMissing, openJournal, type Journal } from '@rewardedit/core';
import { z } from 'zod';
import { chatReplySchema, type ChatReply } from '../api/chat.ts';

/**
 * Paid replies by a hash of everything that was asked: a folder of append-only files with one reply per line. Every process appends to its
 * own file and reads all, so several processes may share the folder, on several machines, and two folders are merged by copying files. (One
 * file per reply would take twenty times the processor time.)
 */
export type ReplyStore = {
  get(key: string): Promise<ChatReply | undefined>;
  /** Stores a reply. Once the promise resolves, it survives `kill -9`. */
  put(key: string, reply: ChatReply): Promise<void>;
  /** Makes the stored replies survive a power cut, and closes the file; a later `put` opens it again. */
  close(): Promise<void>;
};

/** Replies per fsync: a power cut loses at most so many. */
const REPLIES_PER_SYNC = 16;
/** For an unknown reply, other processes' files are read again at most once in so many milliseconds. */
const LOOK_AGAIN_AFTER = 500;

/** Hashes a JSON value independently of the order of its keys. Returns 64 hexadecimal digits. */
export function contentKey(value: unknown): string {
  const sorted = (_: string, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each;
  return hash('sha256', JSON.stringify(value, sorted));
}

/** Opens the store in a folder, which is created with the first reply. */
export function openReplyStore(folder: string): ReplyStore {
  const known = new Map<string, Place>();
  const scanned = new Map<string, number>();
  const own = `${process.pid}-${randomBytes(6).toString('hex')}.jsonl`;
  let journal: Promise<Journal> | undefined;
  let lookedAt = Number.NEGATIVE_INFINITY;
  /** Replies of this process that were not yet found in its file. */
  const fresh = new Map<string, ChatReply>();

  const found = (key: string, place: Place) => {
    known.set(key, place);
    fresh.delete(key);
  };
  const look = () => {
    if (performance.now() - lookedAt < LOOK_AGAIN_AFTER) return;
    lookedAt = performance.now();
    for (const name of segmentsOf(folder)) {
      const path = join(folder, name);
      scanned.set(name, scanSegment(path, scanned.get(name) ?? 0, found));
    }
  };

  return {
    async get(key) {
      if (!known.has(key) && !fresh.has(key)) look();
      const place = known.get(key);
      const reply = place && readReply(place);
      // A reply damaged by a power cut counts as missing, and may be stored again.
      if (reply === undefined) known.delete(key);
      return reply ?? fresh.get(key);
    },
    async put(key, reply) {
      fresh.set(key, reply);
      // Without a lock: paid replies are stored even if another process has taken over the journal of answers.
      journal ??= openJournal(join(folder, own), { syncEvery: REPLIES_PER_SYNC, unlocked: true });
      await (await journal).append({ key, reply });
    },
    async close() {
      const opened = journal;
      journal = undefined;
      await (await opened)?.close();
    },
  };
}

/** The bytes of a reply's line. */
type Place = { readonly path: string; readonly start: number; readonly end: number };

function segmentsOf(folder: string): string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.jsonl'));
  } catch (error) {
    if (isMissing(error)) return [];
    throw fromSystemError(error, { doing: 'look for stored replies', path: folder });
  }
}

const NEWLINE = 0x0a;
const CHUNK_BYTES = 1024 * 1024;
/** Every line begins with `{"key":"`, 64 hexadecimal digits and `"`. */
const KEY_START = 8;
const KEY_END = KEY_START + 64;

/** Finds the complete lines of a file after byte `from`, and returns where the next scan has to begin. */
function scanSegment(path: string, from: number, found: (key: string, place: Place) => void): number {
  return reading(path, (file) => {
    const { size } = fstatSync(file);
    let start = from;
    let rest = Buffer.alloc(0);
    for (let read = from; read < size;) {
      const chunk = Buffer.alloc(Math.min(CHUNK_BYTES, size - read));
      const bytes = readSync(file, chunk, 0, chunk.length, read);
      if (bytes === 0) break;
      read += bytes;
      const buffer = Buffer.concat([rest, chunk.subarray(0, bytes)]);
      let at = 0;
      for (let end = buffer.indexOf(NEWLINE); end >= 0; end = buffer.indexOf(NEWLINE, at)) {
        const key = buffer.toString('latin1', at + KEY_START, at + KEY_END);
        if (/^[0-9a-f]{64}$/.test(key)) found(key, { path, start, end: start + end - at });
        start += end + 1 - at;
        at = end + 1;
      }
      rest = buffer.subarray(at);
    }
    return start;
  });
}

function readReply({ path, start, end }: Place): ChatReply | undefined {
  const line = Buffer.alloc(end - start);
  reading(path, (file) => readSync(file, line, 0, line.length, start));
  const parsed = lineSchema.safeParse(tryParseJson(line.toString('utf8')));
  return parsed.success ? parsed.data.reply : undefined;
}

function reading<T>(path: string, read: (file: number) => T): T {
  try {
    const file = openSync(path, 'r');
    try {
      return read(file);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw fromSystemError(error, { doing: 'read stored replies', path });
  }
}

const lineSchema = z.object({ key: z.string(), reply: chatReplySchema });
