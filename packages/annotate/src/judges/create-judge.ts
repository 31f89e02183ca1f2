import type { TryHistory } from '../batch/ask-stored.ts';
import type { Access } from '../language-model/access.ts';
import { readModelTable } from '../language-model/known-models.ts';
import { openReplyStore } from '../language-model/reply-store.ts';
import { NO_LEDGER, openLedger } from '../language-model/ledger.ts';
import { createPurse } from '../language-model/purse.ts';
import { createOracle } from '../oracle/oracle.ts';
import { splitJudge, type JudgeChoice, type OpenedJudge } from './judge-choice.ts';
import { openEnsemble } from './open-ensemble.ts';
import { openLanguageModel } from './open-language-model.ts';

/** Calls that wait to be tried again leave no place empty while there are so many times as many triplets under way. */
const TRIPLETS_PER_CALL = 2;

/**
 * Makes the judge that was chosen ready; nothing is asked yet. With the history of batches, it answers from what those brought,
 * and models are not asked otherwise. Throws 'usage' for a choice that makes no sense, 'bad-input' for a
 * file that is wrong, 'authentication' where a key is missing.
 */
export async function createJudge(
  choice: JudgeChoice,
  access: Access,
  history?: TryHistory,
): Promise<OpenedJudge> {
  const [kind, rest] = splitJudge(choice.judge);
  if (kind === 'oracle' && rest === '')
    return { judge: createOracle(), inFlight: choice.concurrency, models: [], close: async () => undefined };
  const tables = choice.models === undefined ? [] : await readModelTable(choice.models);
  const ledger = choice.ledger === undefined ? NO_LEDGER : openLedger(choice.ledger);
  const purse = createPurse(choice.budget, ledger);
  const store = openReplyStore(choice.replies);
  const context = { choice, tables, access, purse, store, history };
  const { judge, models } =
    kind === 'ensemble' ? await openEnsemble(rest, context) : openLanguageModel(choice, context);
  return {
    judge,
    models,
    inFlight: TRIPLETS_PER_CALL * choice.concurrency,
    // Where nobody is asked any more, there is nothing to be saved.
    ...((kind === 'replay' || history !== undefined) && { breakAfter: Number.POSITIVE_INFINITY }),
    spending: purse.spending,
    async close() {
      await store.close();
      await ledger.close();
    },
  };
}
