import { RewardEditError } from '@rewardedit/core';
import { askBatches, type TryHistory } from '../batch/ask-stored.ts';
import type { Judge } from './judge.ts';
import {
  createRetryingClient,
  type AskContext,
  type Call,
} from '../language-model/calling/retrying-client.ts';
import type { Access } from '../language-model/access/access.ts';
import { connect } from '../language-model/api/connection.ts';
import { createRateLimiter } from '../language-model/calling/rate-limiter.ts';
import { modelFacts, pictureTokens, type KnownModel } from '../language-model/models/known-models.ts';
import { createLanguageModelJudge } from '../language-model/language-model-judge.ts';
import { PROVIDERS, type Provider } from '../language-model/access/origin.ts';
import type { ReplyStore } from '../language-model/store/reply-store.ts';
import type { SpendingTracker } from '../language-model/spending/spending-tracker.ts';
import type { Protocol } from '../protocols/protocol.ts';
import { judgeSettings } from './judge-settings.ts';
import { splitJudge, type JudgeChoice, type OpenedModel } from './judge-choice.ts';
import { replay } from './replay.ts';

export type OpenContext = {
  readonly tables: readonly KnownModel[];
  readonly access: Access;
  readonly tracker: SpendingTracker;
  readonly store: ReplyStore;
  /** What batches returned; if present, models are asked in no other way. */
  readonly history?: TryHistory | undefined;
};

/** Milliseconds: long enough for a refusal, and hardly noticed in a run. */
const FIRST_CALL_AHEAD = 200;

/** Opens a language model. Throws as `createJudge` does. */
export function openLanguageModel(
  choice: JudgeChoice,
  protocol: Protocol,
  { tables, access, tracker, store, history }: OpenContext,
): { judge: Judge; models: [OpenedModel] } {
  const [kind, rest] = splitJudge(choice.judge);
  const replaying = kind === 'replay';
  const [provider, named] = replaying ? splitJudge(rest) : [kind, rest];
  const { model, known } = splitDeployment(provider, named);
  if (!isProvider(provider) || model === '') {
    const models = PROVIDERS.map((name) => `${name}:MODEL`).join(', ');
    const isModel = modelFacts(choice.judge, tables) !== undefined;
    const hint = [
      isModel ? `name the provider too, such as openai:${choice.judge}; judges are ` : '',
      `oracle, ${models}, replay:JUDGE, ensemble:FILE, cascade:FILE or calibrated:FILE`,
    ].join('');
    throw refusal(`there is no judge "${choice.judge}"`, '--judge', hint);
  }
  const facts = modelFacts(known ?? model, tables);
  if (known !== undefined && facts === undefined) {
    const hint =
      'name a model of the table after the deployment, or describe this one in a file for --model-table';
    throw refusal(`the table of models has no ${known}`, '--judge', hint);
  }
  if (facts?.vision === false) {
    throw refusal(`the model ${model} cannot see pictures`, '--judge', 'choose one with vision');
  }
  assertSuits(choice, protocol, facts);
  const { api, timeout, baseUrl, concurrency } = choice;
  const { tokenLimit } = facts ?? {};
  const server = { provider, model, baseUrl, api, timeout, concurrency, tokenLimit };
  // Replaying asks nobody, so it needs no key.
  const connection = replaying ? undefined : connect(server, access);
  const { prices } = facts ?? {};
  if (prices === undefined && choice.budget.cost !== undefined) {
    const hint = 'add its prices to a file for --model-table, or limit --max-calls or --max-tokens';
    throw refusal(`the prices of ${model} are not known, so its cost cannot be limited`, '--max-cost', hint);
  }
  const limiter = createRateLimiter({
    most: choice.concurrency,
    requestsPerMinute: choice.requestsPerMinute,
    tokensPerMinute: choice.tokensPerMinute,
    ahead: FIRST_CALL_AHEAD,
  });
  const askNobody = (call: Call, { again }: AskContext) =>
    history === undefined || replaying
      ? replay(call, store, tracker)
      : askBatches(call, again, { store, tracker, history });
  const ask =
    connection === undefined || history !== undefined
      ? askNobody
      : createRetryingClient({
          connection,
          model,
          store,
          limiter,
          tracker,
          prices,
          timeout,
          patience: choice.patience,
        });
  const rule = facts?.pictureTokens;
  const settings = judgeSettings(choice, server, facts, protocol.name);
  const judge = createLanguageModelJudge({
    settings,
    protocol,
    ask,
    prices,
    pictureTokens: rule && ((size) => pictureTokens(rule, size, settings.detail)),
  });
  const opened = { model, facts, store, calls: judge.calls, ...(connection !== undefined && { connection }) };
  return { judge, models: [opened] };
}

/** Throws `usage` if a protocol does not ask about what is to be judged, or shows more than the model accepts. */
function assertSuits(
  { pairs = false, differenceMap = false }: JudgeChoice,
  protocol: Protocol,
  facts: KnownModel | undefined,
): void {
  const isOfPairs = protocol.pairs === true;
  if (isOfPairs !== pairs) {
    const [does, hint] = isOfPairs
      ? [
          'compares two edits',
          'choose another protocol; `rewardedit annotate` and `compare` can let a judge compare two edits',
        ]
      : [
          'is about one edit',
          'compare two by pairwise-v1, or by a file whose questions show "first" and "second"',
        ];
    throw refusal(`the protocol ${protocol.name} ${does}`, '--protocol', hint);
  }
  if (pairs && differenceMap) {
    const message = 'a difference map shows one edit, and a pair has two';
    throw refusal(message, '--difference-map', 'leave out the option');
  }
  if (pairs && facts?.severalPictures === false) {
    const message = `the model ${facts.model} accepts one picture, and a pair has three`;
    throw refusal(message, '--judge', 'choose a model that accepts several pictures');
  }
}

function refusal(message: string, where: string, hint: string): RewardEditError {
  return new RewardEditError('usage', message, { where, hint });
}

function isProvider(name: string): name is Provider {
  return (PROVIDERS as readonly string[]).includes(name);
}

/** The name of a deployment on Azure is arbitrary, so that of the model may follow: "my-judge=gpt-6-luna". */
function splitDeployment(provider: string, named: string): { model: string; known?: string } {
  const [, model, known] = (provider === 'azure' && /^([^=]+)=(.+)$/.exec(named)) || [];
  return model === undefined ? { model: named } : { model, known };
}
