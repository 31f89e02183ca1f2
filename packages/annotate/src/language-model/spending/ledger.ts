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

/** What the other processes of a run have noted, those of earlier days included. */
export type Noted = {
  /** What is over: what servers charged, and what they may have charged. */
  readonly spent: Amount;
  /** Calls under way in processes that may be alive, at the most that they can take. */
  readonly underWay: Amount;
};

/**
 * What a run spends, all its processes together, on whatever machines: a folder with a file for each process, which it alone
 * writes. A call is noted before it is sent and when it is over, so what was under way when a process was killed is known.
 */
export type Ledger = {
  /** Notes a call that is to be sent; once the promise resolves, the note survives `kill -9`. Gives its number. */
  begin(most: Amount): Promise<number>;
  /** Notes what a call took. */
  end(number: number, took: Amount): void;
  others(): Promise<Noted>;
  /** What the run may spend, as was last told to any of its processes: looked up once a second. */
  budget(): Promise<Budget>;
  close(): Promise<void>;
};

/** A ledger of one process that keeps nothing. */
export const NO_LEDGER: Ledger = {
  begin: async () => 0,
  end: () => undefined,
  others: async () => ({ spent: NOTHING, underWay: NOTHING }),
  budget: async () => ({}),
  close: async () => undefined,
};

/** The ledger that belongs to a journal of answers: the folder `spending` beside `rewards.jsonl`. */
export function ledgerPath(journal: string): string {
  return companionPath(journal, 'spending').replace(/\.jsonl$/, '');
}

/**
 * Notes a batch, in a file that has the name of its requests: what it may take at most, before it is submitted, and what it took, before
 * it counts as collected. To note the same once more changes nothing.
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

/** Notes for each time that the disk is told to keep them for good; a power cut costs at most so many. */
const NOTES_PER_SYNC = 64;
const BEAT_MILLISECONDS = 1000;
const BUDGET_MILLISECONDS = 1000;
/** A process whose file was not touched for so long, as seen from here, is gone. */
const GONE_MILLISECONDS = 10_000;

/** What a run has spent, and what its calls and batches under way may spend at most. */
export async function committedIn(folder: string): Promise<Amount> {
  const { spent, underWay } = await openLedger(folder).others();
  return plus(spent, underWay);
}

/** Opens the ledger in a folder, which is made when the first call is noted. */
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
        // A call of a process that is gone was sent: it is likely to have taken what others took.
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
      // What cannot be noted counts at the most it can take, as noted at the beginning.
      void journal
        ?.then(async (opened) => opened.append({ end: number, took: toTuple(took) }))
        .catch(() => undefined);
    },
    // One look after the other, since each goes on where the last one ended; those who ask at once share the next.
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

/** What is known of another process's file. */
type Segment = {
  /** Bytes that were read. */
  read: number;
  touched: number;
  /** When it was seen to be touched, in milliseconds of `performance.now`. */
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

/** Reads the whole lines that have come since the last time. */
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
  // Where a killed process left a line torn, the call was not sent, or is counted as one under way.
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

/** The mean of the calls of that process that took anything, and no more than the call can take. */
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
