import { existsSync } from 'node:fs';
import { lockFile, makeFolder, openJournal, readJsonLines } from '@rewardedit/core';
import { dirname } from 'node:path';
import { z } from 'zod';
import { companionPath } from '../files/companion-path.ts';
import type { Usage } from '../language-model/api/chat.ts';
import { RETRIES, type CallFailure, type FailureKind } from '../language-model/calling/failures.ts';
import {
  NOTHING_SPENT,
  addSpending,
  spendingSchema,
  type Spending,
} from '../language-model/spending/spending.ts';
import type { TryHistory } from './ask-stored.ts';
import { REQUEST_FILE } from './request-writer.ts';

const targetShape = {
  /** The host of the server. */
  server: z.string(),
  model: z.string(),
  /** Such as "/v1/chat/completions". */
  endpoint: z.string(),
};

const failureSchema = z.object({
  kind: z.enum(Object.keys(RETRIES) as [FailureKind, ...FailureKind[]]),
  message: z.string(),
  keys: z.array(z.string()),
});

/** Only names we made: one in a folder from elsewhere could be the path of any file of this machine, which would be uploaded. */
const file = z.string().regex(REQUEST_FILE);
/** Files at the server that are no longer needed. */
const remains = z.array(z.string());

/** What happens to a file of requests, in this order, and to the run. Each event is recorded as soon as it is known. */
const noteSchema = z.discriminatedUnion('event', [
  z.object({
    event: z.literal('prepared'),
    file,
    ...targetShape,
    bytes: z.number(),
    /** The triplets that the requests are about. */
    ids: z.array(z.string()),
    /** The key of each request, and the most input and output tokens that it can take. */
    requests: z.array(z.tuple([z.string(), z.number(), z.number()])),
  }),
  z.object({ event: z.literal('uploading'), file }),
  z.object({ event: z.literal('uploaded'), file, id: z.string() }),
  z.object({ event: z.literal('submitting'), file }),
  z.object({ event: z.literal('submitted'), file, batch: z.string() }),
  /** The server has no room for it now, with so many batches under way. */
  z.object({
    event: z.literal('refused'),
    file,
    reason: z.string(),
    underWay: z.number(),
    batch: z.string().exactOptional(),
  }),
  z.object({
    event: z.literal('collected'),
    file,
    status: z.string(),
    spent: spendingSchema,
    failures: z.array(failureSchema),
    remains,
  }),
  /** It will not be submitted; later files may have no more tokens than this. */
  z.object({
    event: z.literal('dropped'),
    file,
    reason: z.string(),
    tokenLimit: z.number().exactOptional(),
    remains,
  }),
  /** Its leftovers at the server are deleted. */
  z.object({ event: z.literal('cleared'), file }),
  /** All triplets were looked at, and all open requests are in a file. */
  z.object({ event: z.literal('surveyed') }),
  z.object({ event: z.literal('finished') }),
]);

export type Note = z.infer<typeof noteSchema>;

/** A file of requests to one model that is not finished. */
export type RequestFile = {
  readonly name: string;
  readonly server: string;
  readonly model: string;
  readonly endpoint: string;
  readonly ids: readonly string[];
  readonly keys: ReadonlyMap<string, Usage>;
  /** The most that all requests together can take. */
  readonly most: Usage;
  stage: 'prepared' | 'uploading' | 'uploaded' | 'submitting' | 'refused' | 'submitted';
  /** When it reached this stage, in milliseconds since 1970. */
  since: number;
  /** Its id at the server. */
  id?: string;
  batch?: string;
  /** Batches that were under way when it was refused. */
  underWay?: number;
  /** Batches of it that the server did not start. */
  readonly refused: Set<string>;
};

/** A finished file that has leftovers at the server. */
export type Leftover = Pick<RequestFile, 'server' | 'model' | 'endpoint'> & {
  readonly remains: readonly string[];
};

/**
 * The journal of a run's batches: `batches.jsonl` beside the journal of answers. Every step is recorded before and after it happens, so
 * that a process killed at any moment can be continued without asking for anything twice.
 */
export type BatchJournal = TryHistory & {
  readonly path: string;
  /** The folder of the files that wait to be uploaded. */
  readonly folder: string;
  readonly files: ReadonlyMap<string, RequestFile>;
  readonly leftovers: ReadonlyMap<string, Leftover>;
  readonly surveyed: boolean;
  /** What the collected batches of this run took. */
  readonly spent: Spending;
  /** The most input tokens of a file. */
  readonly tokenLimit: number;
  note(note: Note): Promise<void>;
  close(): Promise<void>;
};

/**
 * Opens the journal of batches that belongs to a journal of answers, and locks it until it is closed. Throws `failed` while another process
 * has it, and `bad-input` if a line is damaged.
 *
 * @param onNote called with each event that is on disk.
 */
export async function openBatchJournal(
  answers: string,
  onNote?: (note: Note) => void,
): Promise<BatchJournal> {
  const path = companionPath(answers, 'batches');
  await makeFolder(dirname(path));
  const unlock = await lockFile(path);
  try {
    const state = await readState(path);
    const journal = await openJournal(path);
    return {
      path,
      folder: path.replace(/(?:\.jsonl)?$/, '-to-upload'),
      failures: (key) => state.failures.get(key) ?? [],
      asked: (key) => state.asked.has(key),
      files: state.files,
      leftovers: state.leftovers,
      get surveyed() {
        return state.surveyed;
      },
      get spent() {
        return state.spent;
      },
      get tokenLimit() {
        return state.tokenLimit;
      },
      async note(note) {
        const at = new Date();
        await journal.append({ at: at.toISOString(), ...note });
        apply(state, note, at.getTime());
        onNote?.(note);
      },
      async close() {
        await journal.close();
        await unlock();
      },
    };
  } catch (error) {
    await unlock();
    throw error;
  }
}

/** Reads the unfinished files in the journal of batches that belongs to a journal of answers; none if there is no such journal. */
export async function readOpenBatches(
  answers: string,
): Promise<{ readonly path: string; readonly files: readonly RequestFile[] }> {
  const path = companionPath(answers, 'batches');
  return { path, files: [...(await readState(path)).files.values()] };
}

type State = {
  files: Map<string, RequestFile>;
  leftovers: Map<string, Leftover>;
  failures: Map<string, CallFailure[]>;
  asked: Set<string>;
  spent: Spending;
  surveyed: boolean;
  tokenLimit: number;
};

async function readState(path: string): Promise<State> {
  const state: State = { files: new Map(), leftovers: new Map(), ...newRun() };
  if (!existsSync(path)) return state;
  const schema = noteSchema.and(z.object({ at: z.iso.datetime() }));
  for await (const { value } of readJsonLines(path, { schema, tornLastLine: 'ignore' }))
    apply(state, value, Date.parse(value.at));
  return state;
}

function newRun(): Omit<State, 'files' | 'leftovers'> {
  return {
    failures: new Map(),
    asked: new Set(),
    spent: NOTHING_SPENT,
    surveyed: false,
    tokenLimit: Number.POSITIVE_INFINITY,
  };
}

/** Applies an event to the state. An event about a finished file only changes its leftovers. */
function apply(state: State, note: Note, at: number): void {
  if (note.event === 'prepared') {
    state.files.set(note.file, toRequestFile(note, at));
    for (const [key] of note.requests) state.asked.add(key);
  } else if (note.event === 'surveyed') state.surveyed = true;
  else if (note.event === 'finished') Object.assign(state, newRun());
  else if (note.event === 'cleared') state.leftovers.delete(note.file);
  else {
    const found = state.files.get(note.file);
    if (found === undefined) return;
    if (note.event === 'collected' || note.event === 'dropped') close(state, found, note);
    else move(found, note, at);
  }
}

function toRequestFile(note: Extract<Note, { event: 'prepared' }>, since: number): RequestFile {
  const { file: name, server, model, endpoint, ids, requests } = note;
  const usages = requests.map(([key, input, output]): [string, Usage] => [
    key,
    { input, cachedInput: 0, output },
  ]);
  const sum = (part: 'input' | 'output') => usages.reduce((total, [, usage]) => total + usage[part], 0);
  return {
    ...{ name, server, model, endpoint, ids, since },
    keys: new Map(usages),
    most: { input: sum('input'), cachedInput: 0, output: sum('output') },
    stage: 'prepared',
    refused: new Set(),
  };
}

type Move = Extract<Note, { event: Exclude<RequestFile['stage'], 'prepared'> }>;

function move(found: RequestFile, note: Move, at: number): void {
  found.stage = note.event;
  found.since = at;
  if (note.event === 'uploaded') found.id = note.id;
  if (note.event === 'submitted') found.batch = note.batch;
  if (note.event === 'refused') {
    found.underWay = note.underWay;
    if (note.batch !== undefined) found.refused.add(note.batch);
  }
}

function close(state: State, found: RequestFile, note: Extract<Note, { event: 'collected' | 'dropped' }>) {
  const { name, server, model, endpoint } = found;
  state.files.delete(name);
  if (note.remains.length > 0) state.leftovers.set(name, { server, model, endpoint, remains: note.remains });
  if (note.event === 'dropped') {
    // Its requests are open again.
    state.surveyed = false;
    state.tokenLimit = Math.min(state.tokenLimit, note.tokenLimit ?? state.tokenLimit);
    return;
  }
  state.spent = addSpending(state.spent, note.spent);
  for (const { kind, message, keys } of note.failures)
    for (const key of keys) state.failures.set(key, [...(state.failures.get(key) ?? []), { kind, message }]);
}
