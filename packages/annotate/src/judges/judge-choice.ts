import { z } from 'zod';
import type { Judge, JudgedTriplet } from './judge.ts';
import type { Call } from '../language-model/calling/retrying-client.ts';
import { DETAILS, REASONING_EFFORTS } from '../language-model/api/chat.ts';
import { APIS, type Connection } from '../language-model/api/connection.ts';
import type { KnownModel } from '../language-model/models/known-models.ts';
import type { ReplyStore } from '../language-model/store/reply-store.ts';
import type { Amount } from '../language-model/spending/amount.ts';
import { budgetSchema, type Budget, type Spending } from '../language-model/spending/spending.ts';
import { rewriteChoiceSchema } from '../protocols/rewrites.ts';

export const judgeChoiceSchema = z.object({
  /**
   * `oracle`, `openai:MODEL`, `azure:DEPLOYMENT` (or `azure:DEPLOYMENT=MODEL`, for a model of the table), `compatible:MODEL`, `replay:` and
   * one of these, `ensemble:FILE`, `cascade:FILE` or `calibrated:FILE`.
   */
  judge: z.string(),
  baseUrl: z.string().optional(),
  api: z.enum(APIS),
  /** The name of a protocol, or a protocol file. */
  protocol: z.string(),
  /** Asks for instructions in place of scores. */
  rewrite: rewriteChoiceSchema.optional(),
  /** Compares each triplet with another edit of its original, in place of scores. */
  pairs: z.boolean().optional(),
  passes: z.int().min(1),
  temperature: z.number().optional(),
  maxSide: z.int(),
  /** How closely the server looks at pictures; `high` by default. */
  detail: z.enum(DETAILS).optional(),
  /** Shows a difference map with questions about preserving. */
  differenceMap: z.boolean().optional(),
  /** How hard the model thinks, and the most tokens it may take for that. */
  reasoningEffort: z.enum(REASONING_EFFORTS).optional(),
  reasoningTokens: z.int().min(0).optional(),
  /** The timeout of a call, in seconds. */
  timeout: z.number(),
  /** Seconds for which the run continues while no call gets a reply; five minutes by default. */
  patience: z.number().optional(),
  /** The most calls at once. */
  concurrency: z.int().min(1),
  requestsPerMinute: z.number().optional(),
  tokensPerMinute: z.number().optional(),
  budget: budgetSchema,
  /** The folder in which the run records its spending; nothing is recorded by default. */
  ledger: z.string().optional(),
  /** The folder of the stored replies. */
  replies: z.string(),
  /** A file of models that are missing or different in the built-in table. */
  models: z.string().optional(),
});

/** Which judge is asked, and how, without any keys. */
export type JudgeChoice = Readonly<z.infer<typeof judgeChoiceSchema>>;

/** An open judge, with what its use requires and costs. */
export type OpenedJudge = {
  readonly judge: Judge;
  /** How many triplets should be under way, so that calls that wait for a retry leave no slot empty. */
  readonly inFlight: number;
  /** What to tell the user before anything is asked. */
  readonly notice?: string;
  /** How many triplets in a row without a usable reply end a run, if not the default. */
  readonly breakAfter?: number;
  /** What this process has spent so far, and what the whole run has; absent for a free judge. */
  readonly spending?: () => Spending;
  readonly spentByRun?: () => Promise<Amount>;
  /** What the run may spend: the limits of the choice, or those kept with the run. */
  readonly budget?: Budget;
  /** Stores the budget with the run, as the function `keepBudget` does. Call it before anything is asked. */
  readonly keepBudget?: () => Promise<string | undefined>;
  /** The language models that will be asked. */
  readonly models: readonly OpenedModel[];
  /** Makes everything that was stored safe on disk. Call it when nothing more is asked. */
  close(): Promise<void>;
};

/** A language model that is asked, and what is known of it. */
export type OpenedModel = {
  readonly model: string;
  readonly facts: KnownModel | undefined;
  /** Absent if only stored replies are used. */
  readonly connection?: Connection;
  readonly store: ReplyStore;
  readonly calls: (triplet: JudgedTriplet) => Promise<readonly Call[]>;
};

/** Splits the name of a judge into its kind and the rest: "openai:gpt-x" into "openai" and "gpt-x". */
export function splitJudge(judge: string): [kind: string, rest: string] {
  const at = judge.indexOf(':');
  return at < 0 ? [judge, ''] : [judge.slice(0, at), judge.slice(at + 1)];
}
