import type { AnnotateOptions, JournalAdvice, JudgeChoice, OpenedJudge } from '@rewardedit/annotate';
import { planAnnotation, type Scale } from './annotation-plan.ts';
import { judgeAccess, type AccessOptions } from '../flags/judge-access.ts';
import { judgeChoice, type JudgeOptions } from '../flags/judge-flags.ts';
import type { CommandContext } from '../running/command-context.ts';
import { judgeAll } from './judging.ts';
import { withJudge } from './with-judge.ts';

export type JudgeDatasetOptions = JudgeOptions &
  AccessOptions &
  Pick<Scale, 'queue'> & {
    readonly retryQuarantined?: boolean;
    /** Whether the triplets represent pairs, whose better edit is chosen instead of scoring. */
    readonly pairs?: boolean;
    /** Replaces the advice of `annotate`; by default that for edits in a run folder. */
    readonly advice?: JournalAdvice;
  };

type JudgedDataset = AnnotateOptions['dataset'];

/** Advice for commands that lack the options of `annotate`. */
const ADVICE: JournalAdvice = {
  otherJudge: 'choose another --out, or remove this file to judge its edits again',
};

/**
 * Judges every triplet of a dataset as `annotate` does, with a journal, cached replies and a budget. Triplets with an answer are not
 * judged again.
 *
 * @param rewards the journal for the answers, whose path the user does not choose.
 * @param first runs before any request.
 */
export async function judgeDataset(
  dataset: JudgedDataset,
  rewards: string,
  options: JudgeDatasetOptions,
  command: CommandContext,
  first: (opened: OpenedJudge) => Promise<void> = async () => undefined,
): Promise<{ readonly name: string; readonly version: string }> {
  const { ledgerPath, withoutKeys } = await import('@rewardedit/annotate');
  const { judge, queue, retryQuarantined = false, pairs, advice = ADVICE } = options;
  const triplets = await countTriplets(dataset);
  const plan = await planAnnotation({ queue }, { dataset, triplets, rewards, command });
  const choice: JudgeChoice = { ...judgeChoice(options, rewards, pairs), ledger: ledgerPath(rewards) };
  const ownAccess = await judgeAccess([judge], options, command.isTyped);
  const access = queue === undefined ? ownAccess : withoutKeys(ownAccess);
  return withJudge(choice, access, command.note, async (opened) => {
    await first(opened);
    const asked = { retryQuarantined, adopt: false, keepChanged: false, measure: false };
    await judgeAll(command.longWork, plan, opened, { choice, ...asked, includes: undefined, advice });
    return { name: opened.judge.name, version: opened.judge.version };
  });
}

async function countTriplets(dataset: Pick<JudgedDataset, 'triplets'>): Promise<number> {
  let count = 0;
  for (const triplets = dataset.triplets(); (await triplets.next()).done !== true;) count += 1;
  return count;
}
