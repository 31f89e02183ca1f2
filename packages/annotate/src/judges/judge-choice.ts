import type { Judge, JudgedTriplet } from '../judge.ts';
import type { Call } from '../language-model/asker.ts';
import type { ApiName, Connection, Provider } from '../language-model/connection.ts';
import type { KnownModel } from '../language-model/known-models.ts';
import type { ReplyStore } from '../language-model/reply-store.ts';
import type { Budget, Spending } from '../language-model/spending.ts';
import type { ProtocolName } from '../protocols/index.ts';

/** Which judge, and how it is asked: everything but the keys. */
export type JudgeChoice = {
  /** `oracle`, `openai:MODEL`, `azure:DEPLOYMENT`, `compatible:MODEL`, `replay:` and one of these, or `ensemble:FILE`. */
  readonly judge: string;
  readonly baseUrl?: string | undefined;
  readonly api: ApiName;
  readonly protocol: ProtocolName;
  readonly passes: number;
  readonly temperature?: number | undefined;
  readonly maxSide: number;
  /** Seconds to wait for a reply, at most. */
  readonly timeout: number;
  /** Calls at once, at most. */
  readonly concurrency: number;
  readonly requestsPerMinute?: number | undefined;
  readonly tokensPerMinute?: number | undefined;
  readonly budget: Budget;
  /** Folder of the stored replies. */
  readonly replies: string;
  /** File of models that are not in the table, or other there. */
  readonly models?: string | undefined;
};

/** A judge that is ready, with what its use needs and costs. */
export type OpenedJudge = {
  readonly judge: Judge;
  /** How many triplets should be under way, so that calls that wait to be tried again leave no place empty. */
  readonly inFlight: number;
  /** What was spent so far; absent for a judge that costs nothing. */
  readonly spending?: () => Spending;
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

/** Gives the key for a provider, or undefined where there is none. */
export type KeySource = (provider: Provider) => string | undefined;

/** The kind of a judge and the rest of its name: "openai:gpt-x" is "openai" and "gpt-x". */
export function splitJudge(judge: string): [kind: string, rest: string] {
  const at = judge.indexOf(':');
  return at < 0 ? [judge, ''] : [judge.slice(0, at), judge.slice(at + 1)];
}
