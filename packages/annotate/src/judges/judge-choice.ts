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
  /** `oracle`, `openai:MODEL`, `azure:DEPLOYMENT` (or `azure:DEPLOYMENT=MODEL`, where the table knows the model), `compatible:MODEL`, `replay:` and one of these, `ensemble:FILE`, `cascade:FILE` or `calibrated:FILE`. */
  judge: z.string(),
  baseUrl: z.string().optional(),
  api: z.enum(APIS),
  /** The name of a protocol, or a file that holds one. */
  protocol: z.string(),
  /** Instructions are asked for, in place of scores. */
  rewrite: rewriteChoiceSchema.optional(),
  /** Each triplet is compared with another edit of its original, in place of scores. */
  pairs: z.boolean().optional(),
  passes: z.int().min(1),
  temperature: z.number().optional(),
  maxSide: z.int(),
  /** How closely the server is to look at pictures; `high` by default. */
  detail: z.enum(DETAILS).optional(),
  /** Shows a map of differences where a question is about what was preserved. */
  differenceMap: z.boolean().optional(),
  /** How hard the model is to think, and how many tokens it may take for that. */
  reasoningEffort: z.enum(REASONING_EFFORTS).optional(),
  reasoningTokens: z.int().min(0).optional(),
  /** Seconds to wait for a reply, at most. */
  timeout: z.number(),
  /** Seconds for which the run goes on while no call gets a reply; five minutes by default. */
  patience: z.number().optional(),
  /** Calls at once, at most. */
  concurrency: z.int().min(1),
  requestsPerMinute: z.number().optional(),
  tokensPerMinute: z.number().optional(),
  budget: budgetSchema,
  /** Folder in which the run keeps what it has spent; nothing is kept by default. */
  ledger: z.string().optional(),
  /** Folder of the stored replies. */
  replies: z.string(),
  /** File of models that are not in the table, or other there. */
  models: z.string().optional(),
});

/** Which judge, and how it is asked: everything but the keys. */
export type JudgeChoice = Readonly<z.infer<typeof judgeChoiceSchema>>;

/** A judge that is ready, with what its use needs and costs. */
export type OpenedJudge = {
  readonly judge: Judge;
  /** How many triplets should be under way, so that calls that wait to be tried again leave no place empty. */
  readonly inFlight: number;
  /** What the user should know before anything is asked. */
  readonly notice?: string;
  /** How many triplets in a row without a usable reply end a run, where that is not as usual. */
  readonly breakAfter?: number;
  /** What was spent so far by this process, and by the whole run; absent for a judge that costs nothing. */
  readonly spending?: () => Spending;
  readonly spentByRun?: () => Promise<Amount>;
  /** What the run may spend: the limits of the choice, or else those that were kept with the run. */
  readonly budget?: Budget;
  /** Keeps that with the run, as `keepBudget` does: to be called before anything is asked. */
  readonly keepBudget?: () => Promise<string | undefined>;
  /** The language models that will be asked. */
  readonly models: readonly OpenedModel[];
  /** To be called when no more is asked: what is kept is then safe on disk. */
  close(): Promise<void>;
};

/** A language model that is asked, with what is known of it. */
export type OpenedModel = {
  readonly model: string;
  readonly facts: KnownModel | undefined;
  /** Absent where only stored replies are used. */
  readonly connection?: Connection;
  readonly store: ReplyStore;
  readonly calls: (triplet: JudgedTriplet) => Promise<readonly Call[]>;
};

/** The kind of a judge and the rest of its name: "openai:gpt-x" is "openai" and "gpt-x". */
export function splitJudge(judge: string): [kind: string, rest: string] {
  const at = judge.indexOf(':');
  return at < 0 ? [judge, ''] : [judge.slice(0, at), judge.slice(at + 1)];
}
