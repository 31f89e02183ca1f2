import { spawn, type ChildProcess } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RewardEditError, type ErrorCode } from '@rewardedit/core';
import { openDataset } from '@rewardedit/data';
import { annotate, type AnnotateSummary } from '../run/annotate.ts';
import { createJudge } from '../judges/create-judge.ts';
import type { JudgeChoice, OpenedJudge } from '../judges/judge-choice.ts';
import { createAccess, type Access } from '../language-model/access/access.ts';
import type { Spending } from '../language-model/spending/spending.ts';
import { openBatchJournal, type Note } from './batch-journal.ts';
import type { RequestLimits } from './request-writer.ts';
import { runBatches, whyUnfinished, type RunBatchesOptions, type WaitingBatch } from './run-batches.ts';
import { ledgerPath } from '../language-model/spending/ledger.ts';

const SELF = fileURLToPath(import.meta.url);

/** One run of `annotate`, with or without batches. */
export type Task = {
  readonly dataset: string;
  readonly answers: string;
  readonly url: string;
  readonly choice?: Partial<JudgeChoice>;
  readonly limits?: RequestLimits;
  readonly retryQuarantined?: boolean;
  /** The process dies after so many events in the journal of batches. */
  readonly dieAfter?: number;
};

export type TaskHooks = Pick<RunBatchesOptions, 'emit' | 'wait'> & {
  readonly onNote?: (note: Note) => void;
  readonly signal?: AbortSignal;
};

export type TaskEnd = {
  /** How the run ended; "done" means without an error. */
  readonly code: ErrorCode | 'done';
  readonly error?: RewardEditError;
  readonly summary?: AnnotateSummary;
  readonly waiting: readonly WaitingBatch[];
  readonly spent: Spending;
};

const ALL: RequestLimits = { requests: 1000, bytes: 1e7, tokens: Number.POSITIVE_INFINITY };

function choiceOf({ url, answers, choice }: Task): JudgeChoice {
  return {
    judge: 'compatible:m',
    baseUrl: url,
    api: 'chat',
    protocol: 'rubric-v1',
    passes: 1,
    maxSide: 1024,
    timeout: 10,
    concurrency: 4,
    budget: {},
    replies: join(dirname(answers), 'replies'),
    ...choice,
  };
}

function accessOf(task: Task): Access {
  return createAccess({ baseUrl: choiceOf(task).baseUrl, environment: { REWARDEDIT_API_KEY: 'key' } });
}

/** Asks call by call. */
export async function annotateDirectly(task: Task): Promise<AnnotateSummary> {
  const opened = await createJudge(choiceOf(task), accessOf(task));
  try {
    return await judgeAll(task, opened);
  } finally {
    await opened.close();
  }
}

async function judgeAll(
  { dataset: folder, answers, retryQuarantined = false }: Task,
  { judge }: OpenedJudge,
  includes: (id: string) => boolean = () => true,
): Promise<AnnotateSummary> {
  return annotate({
    dataset: await openDataset(folder),
    ...{ judge, journal: answers, retryQuarantined, includes },
  });
}

/** Asks in batches, as far as possible now. */
export async function annotateByBatches(task: Task, hooks: TaskHooks = {}): Promise<TaskEnd> {
  const { dataset: folder, answers, limits = ALL, retryQuarantined = false, dieAfter } = task;
  let notes = 0;
  const journal = await openBatchJournal(answers, (note) => {
    notes += 1;
    if (notes === dieAfter) process.kill(process.pid, 'SIGKILL');
    hooks.onNote?.(note);
  });
  const choice = choiceOf(task);
  const opened = await createJudge(choice, accessOf(task), journal);
  let waiting: readonly WaitingBatch[] = [];
  try {
    const { judge, models } = opened;
    const outcome = await runBatches({
      ...{ dataset: await openDataset(folder), answers, judge, models, journal, limits, retryQuarantined },
      ...{
        budget: choice.budget,
        ledger: choice.ledger ?? ledgerPath(answers),
        signal: new AbortController().signal,
        ...hooks,
      },
    });
    waiting = outcome.waiting;
    const { spent } = journal;
    const unfinished = whyUnfinished(outcome, journal);
    if (unfinished !== undefined) {
      await judgeAll(task, opened, (id) => outcome.settled.has(id));
      throw unfinished;
    }
    const summary = await judgeAll(task, opened);
    await journal.note({ event: 'finished' });
    return { code: 'done', summary, waiting, spent };
  } catch (error) {
    if (!(error instanceof RewardEditError)) throw error;
    return { code: error.code, error, waiting, spent: journal.spent };
  } finally {
    await opened.close();
    await journal.close();
  }
}

/** Runs a task in its own process. Returns how it ended: 'killed' if it did not end by itself. */
export function inProcess(task: Task): { child: ChildProcess; ended: Promise<TaskEnd['code'] | 'killed'> } {
  const child = spawn(process.execPath, [SELF, JSON.stringify(task)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  const ended = new Promise<TaskEnd['code'] | 'killed'>((resolve) => {
    child.once('close', (_, signal) =>
      resolve(signal === null ? (said.trim() as TaskEnd['code']) : 'killed'),
    );
  });
  return { child, ended };
}

if (process.argv[1] === SELF) {
  const { code } = await annotateByBatches(JSON.parse(process.argv[2]) as Task);
  process.stdout.write(code);
}
