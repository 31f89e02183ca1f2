import { RewardEditError } from '@rewardedit/core';
import { askBatches, type TryHistory } from '../batch/ask-stored.ts';
import type { Judge } from '../judge.ts';
import { createAsker, type AskContext, type Call } from '../language-model/asker.ts';
import type { Access } from '../language-model/access.ts';
import { connect, serverName, type ServerSettings } from '../language-model/connection.ts';
import { createGate } from '../language-model/gate.ts';
import { modelFacts, pictureTokens, type KnownModel } from '../language-model/known-models.ts';
import { createLanguageModelJudge, type JudgeSettings } from '../language-model/language-model-judge.ts';
import { PROVIDERS, type Provider } from '../language-model/origin.ts';
import type { ReplyStore } from '../language-model/reply-store.ts';
import type { Purse } from '../language-model/purse.ts';
import { splitJudge, type JudgeChoice, type OpenedModel } from './judge-choice.ts';
import { replay } from './replay.ts';

/** So many alternatives to a token are asked for, where the model gives them: the most that servers take. */
const ALTERNATIVES = 20;
/** What a model that thinks may take for it, in tokens. */
const THINKING_TOKENS = 4000;
/** Several passes need some chance in them, one needs none. */
const TEMPERATURE_OF_PASSES = 0.7;

export type OpenContext = {
  readonly tables: readonly KnownModel[];
  readonly access: Access;
  readonly purse: Purse;
  readonly store: ReplyStore;
  /** What batches brought; where it is there, models are asked in no other way. */
  readonly history?: TryHistory | undefined;
};

/** Makes a language model ready to judge. Throws as `createJudge` does. */
export function openLanguageModel(
  choice: JudgeChoice,
  { tables, access, purse, store, history }: OpenContext,
): { judge: Judge; models: [OpenedModel] } {
  const [kind, rest] = splitJudge(choice.judge);
  const replaying = kind === 'replay';
  const [provider, model] = replaying ? splitJudge(rest) : [kind, rest];
  if (!isProvider(provider) || model === '') {
    throw new RewardEditError('usage', `there is no judge "${choice.judge}"`, {
      where: '--judge',
      hint: `oracle, ${PROVIDERS.map((name) => `${name}:MODEL`).join(', ')}, replay:JUDGE or ensemble:FILE`,
    });
  }
  const facts = modelFacts(model, tables);
  if (facts?.vision === false) {
    throw new RewardEditError('usage', `the model ${model} does not see pictures`, {
      where: '--judge',
      hint: 'choose one with vision',
    });
  }
  const { api, timeout, baseUrl, concurrency } = choice;
  const server = { provider, model, baseUrl, api, timeout, concurrency };
  // Replaying asks nobody, so it needs no key.
  const connection = replaying ? undefined : connect(server, access);
  const { prices } = facts ?? {};
  if (prices === undefined && choice.budget.cost !== undefined) {
    throw new RewardEditError(
      'usage',
      `the prices of ${model} are not known, so its cost cannot be limited`,
      {
        where: '--max-cost',
        hint: 'say its prices in a file for --models, or limit --max-calls or --max-tokens',
      },
    );
  }
  const gate = createGate({
    most: choice.concurrency,
    requestsPerMinute: choice.requestsPerMinute,
    tokensPerMinute: choice.tokensPerMinute,
  });
  const askNobody = (call: Call, { again }: AskContext) =>
    history === undefined || replaying
      ? replay(call, store, purse)
      : askBatches(call, again, { store, purse, history });
  const ask =
    connection === undefined || history !== undefined
      ? askNobody
      : createAsker({ connection, model, store, gate, purse, prices, timeout, patience: choice.patience });
  const rule = facts?.pictureTokens;
  const judge = createLanguageModelJudge({
    settings: judgeSettings(choice, server, facts),
    ask,
    pictureTokens: rule && ((size) => pictureTokens(rule, size)),
  });
  const opened = { model, facts, store, calls: judge.calls, ...(connection !== undefined && { connection }) };
  return { judge, models: [opened] };
}

function isProvider(name: string): name is Provider {
  return (PROVIDERS as readonly string[]).includes(name);
}

function judgeSettings(
  { protocol, passes, temperature, maxSide }: JudgeChoice,
  server: ServerSettings,
  facts: KnownModel | undefined,
): JudgeSettings {
  const warm = temperature ?? (passes > 1 ? TEMPERATURE_OF_PASSES : 0);
  const structuredOutput = facts?.structuredOutput ?? true;
  const { provider, model, api } = server;
  return {
    name: `${provider}:${model}`,
    server: serverName(server),
    model,
    api,
    protocol,
    passes,
    sampling: {
      ...(facts?.temperature !== false && { temperature: warm, seed: 1 }),
      ...(facts?.reasoning === true && { reasoningEffort: 'low' }),
      ...(facts?.logprobs === true && { alternatives: ALTERNATIVES }),
    },
    structuredOutput,
    lengthLimits: provider === 'compatible',
    maxSide,
    thinkingTokens: facts?.reasoning === true ? THINKING_TOKENS : 0,
  };
}
