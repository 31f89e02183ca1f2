import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fromSystemError, isMissing, makeFolder } from '@rewardedit/core';
import { z } from 'zod';
import type { ChatReply } from './chat.ts';

/**
 * Replies that were paid for, by a hash of everything that was asked: a folder of small files, `ab/abcdef....json`, which may
 * be shared by several processes and machines, copied and merged.
 */
export type ReplyStore = {
  get(key: string): Promise<ChatReply | undefined>;
  /** Keeps a reply. Once the promise resolves, it survives `kill -9`. */
  put(key: string, reply: ChatReply): Promise<void>;
};

const tokenSchema = z.object({
  token: z.string(),
  alternatives: z.array(z.object({ token: z.string(), logprob: z.number() })),
});

const replySchema = z.object({
  text: z.string(),
  finish: z.enum(['complete', 'cut-off', 'refusal', 'content-filter']),
  usage: z.object({ input: z.number(), cachedInput: z.number(), output: z.number() }).exactOptional(),
  model: z.string().exactOptional(),
  fingerprint: z.string().exactOptional(),
  tokens: z.array(tokenSchema).exactOptional(),
});

/** A hash of a JSON value, whatever the order of its keys: 64 hexadecimal digits. */
export function contentKey(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(sorted(value)))
    .digest('hex');
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, each]) => [name, sorted(each)]),
  );
}

/** Opens the store in a folder, which is made when the first reply comes. */
export function openReplyStore(folder: string): ReplyStore {
  const made = new Map<string, Promise<void>>();
  const folderOf = (key: string) => join(folder, key.slice(0, 2));
  const makeFolderOf = (key: string) => {
    const path = folderOf(key);
    const making = made.get(path) ?? makeOnce(folder, path);
    made.set(path, making);
    return making;
  };
  let written = 0;
  return {
    async get(key) {
      const path = join(folderOf(key), `${key}.json`);
      let text: string;
      try {
        text = await readFile(path, 'utf8');
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw fromSystemError(error, { doing: 'read a stored reply', path });
      }
      // A power cut may leave a file without its contents: as good as none.
      const parsed = replySchema.safeParse(parseJson(text));
      return parsed.success ? parsed.data : undefined;
    },
    async put(key, reply) {
      const path = join(folderOf(key), `${key}.json`);
      written += 1;
      const temporary = `${path}.${process.pid}-${written}.tmp`;
      try {
        await makeFolderOf(key);
        await writeFile(temporary, JSON.stringify(reply));
        await rename(temporary, path);
      } catch (error) {
        await rm(temporary, { force: true });
        throw fromSystemError(error, { doing: 'store a reply', path });
      }
    },
  };
}

async function makeOnce(folder: string, path: string): Promise<void> {
  await makeFolder(folder);
  await mkdir(path, { recursive: true });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
