import { RewardEditError } from '@rewardedit/core';
import type { TryHistory } from '../batch/ask-stored.ts';
import type { Access } from '../language-model/access/access.ts';
import { keepBudget, readBudget, withLimits } from '../language-model/spending/kept-budget.ts';
import { readModelTable } from '../language-model/models/known-models.ts';
import { openReplyStore } from '../language-model/store/reply-store.ts';
import { NO_LEDGER, openLedger } from '../language-model/spending/ledger.ts';
import { calibrated, readCalibration } from './calibrated.ts';
import { createSpendingTracker } from '../language-model/spending/spending-tracker.ts';
import { createOracle } from '../oracle/oracle.ts';
import { createPairOracle } from '../oracle/pair-oracle.ts';
import { createRewriteOracle } from '../oracle/rewrite-oracle.ts';
import { openProtocol, renamedNotice } from '../protocols/index.ts';
import { rewritesProtocol } from '../protocols/rewrites.ts';
import { splitJudge, type JudgeChoice, type OpenedJudge } from './judge-choice.ts';
import { callsForOpenFiles, openFileLimit } from './open-files.ts';
import { openCascade } from './open-cascade.ts';
import { openEnsemble } from './open-ensemble.ts';
import { openLanguageModel } from './open-language-model.ts';

/**
 * How many more triplets than calls are under way, as a share and at least, so that calls that wait for a retry leave no slot empty. Each
 * triplet holds its pictures.
 */
const [MORE_TRIPLETS, LEAST_MORE] = [0.25, 8];

/** Judges that combine several models, by a file that names them. */
const JUDGE_FILES = { ensemble: openEnsemble, cascade: openCascade } as const;

/**
 * Opens the judge that was chosen; asks nothing yet. With the history of batches, it answers only from what those returned. Throws `usage`
 * for a choice that makes no sense, `bad-input` for an invalid file, and `authentication` if a key is missing.
 */
export async function createJudge(
  requested: JudgeChoice,
  access: Access,
  history?: TryHistory,
): Promise<OpenedJudge> {
  const [kind, rest] = splitJudge(requested.judge);
  const { rewrite, pairs = false } = requested;
  if ((rewrite !== undefined || pairs) && (Object.hasOwn(JUDGE_FILES, kind) || kind === 'calibrated')) {
    const [what, verb] = pairs
      ? ['and cannot compare pairs', 'to compare pairs']
      : ['and cannot write instructions', 'for instructions'];
    throw new RewardEditError('usage', `the judge ${requested.judge} changes scores, ${what}`, {
      where: '--judge',
      hint: `ask a model ${verb}`,
    });
  }
  if (kind === 'calibrated') {
    const calibration = await readCalibration(rest);
    const opened = await createJudge({ ...requested, judge: calibration.judge }, access, history);
    return { ...opened, judge: calibrated(opened.judge, calibration, rest) };
  }
  if (kind === 'oracle' && rest === '') {
    const judge =
      rewrite !== undefined ? createRewriteOracle(rewrite) : pairs ? createPairOracle() : createOracle();
    return { judge, inFlight: requested.concurrency, models: [], close: async () => undefined };
  }
  const files = openFileLimit();
  const choice = { ...requested, concurrency: Math.min(requested.concurrency, callsForOpenFiles(files)) };
  const tables = choice.models === undefined ? [] : await readModelTable(choice.models);
  const ledger = choice.ledger === undefined ? NO_LEDGER : openLedger(choice.ledger);
  const kept = choice.ledger === undefined ? {} : await readBudget(choice.ledger);
  const budget = withLimits(kept, choice.budget);
  const tracker = createSpendingTracker(budget, ledger);
  const store = openReplyStore(choice.replies);
  const context = { choice: { ...choice, budget }, tables, access, tracker, store, history };
  const protocol = rewrite === undefined ? await openProtocol(choice.protocol) : rewritesProtocol(rewrite);
  const { judge, models } = Object.hasOwn(JUDGE_FILES, kind)
    ? await JUDGE_FILES[kind as keyof typeof JUDGE_FILES](rest, context)
    : openLanguageModel(context.choice, protocol, context);
  const fewer =
    choice.concurrency < requested.concurrency
      ? `Calls at once: ${choice.concurrency} instead of ${requested.concurrency}, because this process may have ${files} files open; raise that with ulimit -n.`
      : undefined;
  const notices = [renamedNotice(choice.protocol), fewer].filter((each) => each !== undefined);
  return {
    judge,
    models,
    inFlight: choice.concurrency + Math.max(LEAST_MORE, Math.ceil(MORE_TRIPLETS * choice.concurrency)),
    // If nobody is asked, an early end would save nothing.
    ...((kind === 'replay' || history !== undefined) && { breakAfter: Number.POSITIVE_INFINITY }),
    ...(notices.length > 0 && { notice: notices.join(' ') }),
    ...{ budget, spending: tracker.spending, spentByRun: tracker.spentByRun },
    async keepBudget() {
      if (choice.ledger === undefined || kind === 'replay') return undefined;
      return keepBudget(choice.ledger, choice.budget, await tracker.spentByRun());
    },
    async close() {
      await store.close();
      await ledger.close();
    },
  };
}
