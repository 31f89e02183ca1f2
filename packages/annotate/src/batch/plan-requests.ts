import { RewardEditError, mapAhead, type Emit, type Triplet } from '@rewardedit/core';
import type { EarlierAnswers } from '../answers/earlier-answers.ts';
import { judgedTriplet } from '../run/judged-triplet.ts';
import type { NextTry } from '../language-model/calling/next-try.ts';
import { plus, type Amount } from '../language-model/spending/amount.ts';
import { amountOf, overBudget, spendingOf } from '../language-model/spending/spending.ts';
import { askStored } from './ask-stored.ts';
import type { BatchJournal, RequestFile } from './batch-journal.ts';
import type { BatchTarget, BatchTargets } from './batch-target.ts';
import type { RunBatchesOptions } from './run-batches.ts';
import { openRequestWriter, toRequest, type RequestLimits, type RequestWriter } from './request-writer.ts';

export type PlanRequestsOptions = Pick<
  RunBatchesOptions,
  'dataset' | 'models' | 'journal' | 'budget' | 'signal'
> & {
  readonly targets: BatchTargets;
  readonly earlier: EarlierAnswers;
  /** Triplets whose calls all have their last reply; the ones found are added. */
  readonly settled: Set<string>;
  /** What the run has spent, and what calls and batches under way may spend. */
  readonly committed: Amount;
  readonly limits: RequestLimits;
  /** Takes a file that is full, or the last one. Returns whether more may follow. */
  readonly take: (file: RequestFile) => Promise<boolean>;
  /** Receives how many triplets were looked at. */
  readonly emit: Emit;
};

export type RequestPlan = {
  /** Whether all open requests are in a file. */
  readonly complete: boolean;
  /** Why not, if a budget is the reason. */
  readonly exhausted?: RewardEditError;
};

/** Triplets whose pictures are read at once. */
const AHEAD = 4;

/**
 * Looks at every unanswered triplet: one whose replies are all stored is settled; for the others, requests that are not yet under way are
 * written to files. Only the pictures of a few triplets are in memory.
 */
export async function planRequests(options: PlanRequestsOptions): Promise<RequestPlan> {
  const { dataset, journal, earlier, settled, budget, limits, signal, take, emit } = options;
  const writers = new Map<BatchTarget, RequestWriter>();
  const written = new Set<string>();
  let { committed } = options;
  let stopped: { readonly exhausted?: RewardEditError } | undefined;
  let done = 0;

  const passOn = async (target: BatchTarget) => {
    const writer = writers.get(target)!;
    writers.delete(target);
    const note = await writer.finish();
    await journal.note(note);
    if (!(await take(journal.files.get(note.file)!))) stopped ??= {};
  };

  const write = async (id: string, { call, target }: OpenCall) => {
    const next = amountOf(spendingOf(1, call.most, target.prices));
    const problem = overBudget(budget, committed, next);
    if (problem !== undefined) {
      stopped = { exhausted: problem };
      return;
    }
    const request = toRequest(call, target);
    const fitting = { ...limits, tokens: Math.min(limits.tokens, journal.tokenLimit) };
    if (request.line.length > limits.bytes) throw tooLarge(id, request.line.length);
    if (writers.get(target)?.fits(request, fitting) === false) await passOn(target);
    if (stopped !== undefined) return;
    const writer = writers.get(target) ?? (await openRequestWriter(journal.folder, target));
    writers.set(target, writer);
    await writer.add(request, id);
    written.add(call.key);
    committed = plus(committed, next);
  };

  try {
    const underWay = new Set([...journal.files.values()].flatMap(({ ids }) => ids));
    const look = async (triplet: Triplet) => {
      const { id } = triplet;
      const isOpen = ![earlier.answered, settled, underWay].some((ids) => ids.has(id));
      return { id, open: isOpen ? await openCalls(triplet, options) : undefined };
    };
    for await (const { id, open } of mapAhead(dataset.triplets(), look, AHEAD)) {
      signal.throwIfAborted();
      emit({ type: 'progress', done: ++done });
      if (open?.length === 0) settled.add(id);
      for (const each of open ?? []) {
        if (stopped !== undefined) break;
        const { key } = each.call;
        if (!written.has(key) && !isUnderWay(key, journal)) await write(id, each);
      }
      if (stopped !== undefined) break;
    }
    for (const target of writers.keys()) await passOn(target);
    if (stopped === undefined && journal.files.size > 0) await journal.note({ event: 'surveyed' });
    return { complete: stopped === undefined, ...stopped };
  } finally {
    for (const writer of writers.values()) await writer.discard();
  }
}

type OpenCall = { readonly call: NextTry; readonly target: BatchTarget };

/** Returns the calls about a triplet that wait for a reply; none if its pictures cannot be read, which is reported when it is judged. */
async function openCalls(
  triplet: Triplet,
  { dataset, models, targets, journal, earlier }: PlanRequestsOptions,
): Promise<readonly OpenCall[]> {
  const open: OpenCall[] = [];
  try {
    const judged = judgedTriplet(dataset, triplet);
    for (const model of models) {
      const target = targets.of(model);
      if (target === undefined) continue;
      for (const call of await model.calls(judged)) {
        const found = await askStored(call, earlier.again.has(triplet.id), {
          store: model.store,
          history: journal,
        });
        if ('open' in found) open.push({ call: found.open, target });
      }
    }
  } catch (error) {
    if (!(error instanceof RewardEditError) || error.code !== 'bad-input') throw error;
    return [];
  }
  return open;
}

function isUnderWay(key: string, { files }: BatchJournal): boolean {
  return [...files.values()].some(({ keys }) => keys.has(key));
}

function tooLarge(id: string, bytes: number): RewardEditError {
  return new RewardEditError(
    'bad-input',
    `the request takes ${(bytes / 1e6).toFixed(0)} MB, too much for a batch`,
    {
      where: id,
      hint: 'send smaller pictures with --max-side',
    },
  );
}
