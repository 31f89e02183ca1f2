import { randomBytes } from 'node:crypto';
import { open, readdir, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import {
  tryParseJson,
  fateOf,
  fromSystemError,
  isMissing,
  makeFolder,
  openJournal,
  processIdentitySchema,
  thisProcess,
  writeFileAtomic,
  type Journal,
} from '@rewardedit/core';
import { z } from 'zod';
import { companionPath } from '../../files/companion-path.ts';
import { NOTHING, plus, type Amount } from './amount.ts';
import { readBudget } from './kept-budget.ts';
import type { Budget } from './spending.ts';

/** What the other processes of a run have recorded, on any day. */
export type Noted = {
  /** Finished calls: what servers charged or may have charged. */
  readonly spent: Amount;
  /** Calls under way in processes that may be alive, at the most that they can take. */
  readonly underWay: Amount;
};

/**
 * What all processes of a run spend, on any machine: a folder with one file per process, which only that process writes. A call is recorded
 * before it is sent and when it ends, so calls under way in a killed process are known.
 */
export type Ledger = {
  /** Records a call before it is sent. Once the promise resolves, the record survives `kill -9`. Returns its number. */
  begin(most: Amount): Promise<number>;
  /** Records what a call took. */
  end(number: number, took: Amount): void;
  others(): Promise<Noted>;
  /** The limits that were last set by any process of the run; read at most once a second. */
  budget(): Promise<Budget>;
  close(): Promise<void>;
};

/** A ledger that stores nothing, for a single process. */
export const NO_LEDGER: Ledger = {
  begin: async () => 0,
  end: () => undefined,
  others: async () => ({ spent: NOTHING, underWay: NOTHING }),
  budget: async () => ({}),
  close: async () => undefined,
};

/** The ledger of a journal of answers: the folder `spending` beside `rewards.jsonl`. */
export function ledgerPath(journal: string): string {
  return companionPath(journal, 'spending').replace(/\.jsonl$/, '');
}

/**
 * Records a batch in a file of its name: what it may take at most, before it is submitted, and what it took, before it counts as collected.
 * Repeating the record changes nothing.
 */
export async function noteBatch(folder: string, name: string, most: Amount, took?: Amount): Promise<void> {
  await makeFolder(folder);
  const lines = [
    { begin: 1, most: toTuple(most) },
    ...(took === undefined ? [] : [{ end: 1, took: toTuple(took) }]),
  ];
  await writeFileAtomic(join(folder, name), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

const amountSchema = z.tuple([z.number(), z.number(), z.number()]);
const lineSchema = z.union([
  z.object({ process: processIdentitySchema }),
  z.object({ begin: z.int(), most: amountSchema }),
  z.object({ end: z.int(), took: amountSchema }),
]);

const toTuple = ({ calls, tokens, dollars }: Amount) => [calls, tokens, dollars];
const toAmount = ([calls, tokens, dollars]: z.infer<typeof amountSchema>): Amount => ({
  calls,
  tokens,
  dollars,
});

/** Records per fsync: a power cut loses at most so many. */
const NOTES_PER_SYNC = 64;
const BEAT_MILLISECONDS = 1000;
const BUDGET_MILLISECONDS = 1000;
/** A process whose file was not touched for so long, measured on this machine, is gone. */
const GONE_MILLISECONDS = 10_000;

/** What a run has spent, plus the most that its calls and batches under way may spend. */
export async function committedIn(folder: string): Promise<Amount> {
  const { spent, underWay } = await openLedger(folder).others();
  return plus(spent, underWay);
}

/** Opens the ledger in a folder, which is created with the first record. */
export function openLedger(folder: string): Ledger {
  const own = `${process.pid}-${randomBytes(6).toString('hex')}.jsonl`;
  const segments = new Map<string, Segment>();
  let journal: Promise<Journal> | undefined;
  let beat: NodeJS.Timeout | undefined;
  let numbers = 0;

  const begin = async () => {
    const path = join(folder, own);
    const opened = await openJournal(path, { syncEvery: NOTES_PER_SYNC, unlocked: true });
    await opened.append({ process: thisProcess() });
    beat = setInterval(
      () => void utimes(path, new Date(), new Date()).catch(() => undefined),
      BEAT_MILLISECONDS,
    );
    beat.unref();
    return opened;
  };

  let last: Promise<unknown> = Promise.resolve();
  let queued: Promise<Noted> | undefined;
  const look = async (): Promise<Noted> => {
    let [spent, underWay] = [NOTHING, NOTHING];
    for (const name of await namesIn(folder)) {
      if (name === own) continue;
      const segment = segments.get(name) ?? createSegment();
      segments.set(name, segment);
      await refresh(segment, join(folder, name)).catch((error: unknown) => {
        throw fromSystemError(error, { doing: 'read what the run has spent', path: join(folder, name) });
      });
      spent = plus(spent, segment.spent);
      for (const most of segment.begun.values()) {
        // A call of a process that is gone was sent; assume that it took as much as others did.
        if (isGone(segment)) spent = plus(spent, likely(most, segment));
        else underWay = plus(underWay, most);
      }
    }
    return { spent, underWay };
  };

  let budget: Promise<Budget> | undefined;
  let budgetAt = 0;

  return {
    async begin(most) {
      const number = ++numbers;
      await (await (journal ??= begin())).append({ begin: number, most: toTuple(most) });
      return number;
    },
    end(number, took) {
      // If this fails, the call counts at the most it can take, as first recorded.
      void journal
        ?.then(async (opened) => opened.append({ end: number, took: toTuple(took) }))
        .catch(() => undefined);
    },
    // One at a time, because each continues where the last one ended; simultaneous callers share the next.
    others() {
      queued ??= last.then(() => {
        queued = undefined;
        const looking = look();
        last = looking.catch(() => undefined);
        return looking;
      });
      return queued;
    },
    budget() {
      const now = performance.now();
      if (budget !== undefined && now - budgetAt < BUDGET_MILLISECONDS) return budget;
      budgetAt = now;
      return (budget = readBudget(folder));
    },
    async close() {
      clearInterval(beat);
      const opened = journal;
      journal = undefined;
      await (await opened)?.close();
    },
  };
}

/** What was read of another process's file. */
type Segment = {
  /** Bytes read. */
  read: number;
  touched: number;
  /** When the change of its time was seen, in milliseconds of `performance.now`. */
  seen: number;
  process?: z.infer<typeof processIdentitySchema>;
  spent: Amount;
  /** Calls that took anything. */
  charged: number;
  readonly begun: Map<number, Amount>;
};

function createSegment(): Segment {
  return { read: 0, touched: -1, seen: 0, spent: NOTHING, charged: 0, begun: new Map() };
}

/** Reads the complete lines added since the last time. */
async function refresh(segment: Segment, path: string): Promise<void> {
  const file = await open(path);
  try {
    const { size, mtimeMs } = await file.stat();
    if (mtimeMs !== segment.touched) {
      segment.touched = mtimeMs;
      segment.seen = performance.now();
    }
    if (size <= segment.read) return;
    const bytes = Buffer.alloc(size - segment.read);
    const { bytesRead } = await file.read(bytes, 0, bytes.length, segment.read);
    const end = bytes.subarray(0, bytesRead).lastIndexOf('\n') + 1;
    for (const text of bytes.toString('utf8', 0, end).split('\n')) take(segment, text);
    segment.read += end;
  } finally {
    await file.close();
  }
}

function take(segment: Segment, text: string): void {
  const { data: line } = lineSchema.safeParse(tryParseJson(text));
  // A line torn by a kill: the call was not sent, or still counts as under way.
  if (line === undefined) return;
  if ('process' in line) segment.process = line.process;
  else if ('begin' in line) segment.begun.set(line.begin, toAmount(line.most));
  else if (segment.begun.delete(line.end)) {
    const took = toAmount(line.took);
    segment.spent = plus(segment.spent, took);
    segment.charged += Number(took.tokens > 0);
  }
}

function isGone({ process: identity, seen }: Segment): boolean {
  const fate = identity === undefined ? 'unknown' : fateOf(identity);
  return fate === 'dead' || (fate === 'unknown' && performance.now() - seen > GONE_MILLISECONDS);
}

/** The mean of the calls of that process that took anything, at most what this call can take. */
function likely(most: Amount, { spent, charged }: Segment): Amount {
  if (charged === 0) return most;
  return {
    calls: most.calls,
    tokens: Math.min(most.tokens, spent.tokens / charged),
    dollars: Math.min(most.dollars, spent.dollars / charged),
  };
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => name.endsWith('.jsonl'));
  } catch (error) {
    if (isMissing(error)) return [];
    throw fromSystemError(error, { doing: 'read what the run has spent', path: folder });
  }
}
