import type { AnnotateOptions, JournalAdvice, JudgeChoice, OpenedJudge } from '@rewardedit/annotate';
import { planAnnotation, type Scale } from './annotation-plan.ts';
import { judgeAccess, type AccessOptions } from '../flags/judge-access.ts';
import { judgeChoice, type JudgeOptions } from '../flags/judge-flags.ts';
import { judgeAll, type LongWork } from './judging.ts';
import { withJudge } from './with-judge.ts';

/** A command that lets a judge score what it has made. */
export type JudgingCommand = {
  readonly version: string;
  /** The words of the command line after `rewardedit`. */
  readonly words: readonly string[];
  readonly note: (message: string) => void;
  readonly isTyped: (option: string) => boolean;
  readonly longWork: LongWork;
};

export type JudgeDatasetOptions = JudgeOptions &
  AccessOptions &
  Pick<Scale, 'queue'> & {
    readonly retryQuarantined?: boolean;
    /** Whether its triplets stand for pairs, of which the better edit is asked for in place of scores. */
    readonly pairs?: boolean;
    /** What else to do than `annotate` advises; for edits that are in a run folder by default. */
    readonly advice?: JournalAdvice;
  };

type JudgedDataset = AnnotateOptions['dataset'];

/** What the options of `annotate` would be for is done otherwise here. */
const ADVICE: JournalAdvice = {
  otherJudge: 'choose another --out; or remove this file, and the edits that are there are judged anew',
};

/**
 * Lets a judge score every triplet of a dataset as `annotate` does: through its journal, its stored replies and its budget. Answers that
 * are there are not asked for again.
 *
 * @param rewards the journal of its answers, whose place the user does not choose.
 * @param first is done before anything is asked.
 */
export async function judgeDataset(
  dataset: JudgedDataset,
  rewards: string,
  options: JudgeDatasetOptions,
  command: JudgingCommand,
  first: (opened: OpenedJudge) => Promise<void> = async () => undefined,
): Promise<{ readonly name: string; readonly version: string }> {
  const { ledgerPath, withoutKeys } = await import('@rewardedit/annotate');
  const { judge, queue, retryQuarantined = false, pairs, advice = ADVICE } = options;
  const { version, words, note } = command;
  const triplets = await countTriplets(dataset);
  const plan = await planAnnotation({ queue }, { dataset, triplets, rewards, version, words, note });
  const choice: JudgeChoice = { ...judgeChoice(options, rewards, pairs), ledger: ledgerPath(rewards) };
  const ownAccess = await judgeAccess([judge], options, command.isTyped);
  const access = queue === undefined ? ownAccess : withoutKeys(ownAccess);
  return withJudge(choice, access, note, async (opened) => {
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
