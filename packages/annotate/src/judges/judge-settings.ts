import { RewardEditError } from '@rewardedit/core';
import { serverName, type ServerSettings } from '../language-model/api/connection.ts';
import type { KnownModel } from '../language-model/models/known-models.ts';
import type { JudgeSettings } from '../language-model/language-model-judge.ts';
import type { JudgeChoice } from './judge-choice.ts';

/** The alternatives to a token that are requested, if the model returns them: the most that servers allow. */
const ALTERNATIVES = 20;
/** The default limit, in tokens, and effort of reasoning. */
const [THINKING_TOKENS, THINKING_EFFORT] = [4000, 'low'];
/** Several passes must differ; one pass need not. */
const TEMPERATURE_OF_PASSES = 0.7;

/**
 * Returns how a model is asked: as chosen, or by default as suits what is known of it. Throws `usage` if something was chosen that the
 * model does not accept.
 */
export function judgeSettings(
  choice: JudgeChoice,
  server: ServerSettings,
  facts: KnownModel | undefined,
  protocol: string,
): JudgeSettings {
  assertTaken(choice, server.model, facts);
  const { passes, temperature, maxSide, detail, differenceMap, reasoningEffort, reasoningTokens } = choice;
  const warm = temperature ?? (passes > 1 ? TEMPERATURE_OF_PASSES : 0);
  const { provider, model, api } = server;
  const effort = reasoningEffort ?? (facts?.reasoning === true ? THINKING_EFFORT : undefined);
  return {
    name: `${provider}:${model}`,
    server: serverName(server),
    model,
    api,
    protocol,
    passes,
    sampling: {
      ...(facts?.temperature !== false && { temperature: warm }),
      ...(facts?.temperature !== false && facts?.seed !== false && { seed: 1 }),
      ...(effort !== undefined && { reasoningEffort: effort }),
      ...(facts?.logprobs === true && { alternatives: ALTERNATIVES }),
    },
    structuredOutput: facts?.structuredOutput ?? true,
    lengthLimits: provider === 'compatible',
    systemRole: facts?.systemRole ?? true,
    severalPictures: facts?.severalPictures ?? true,
    maxSide,
    ...(facts?.detail !== false && { detail: detail ?? 'high' }),
    ...(differenceMap === true && { differenceMap }),
    thinkingTokens: reasoningTokens ?? (effort === undefined || effort === 'none' ? 0 : THINKING_TOKENS),
  };
}

/** Choices, and the fact about a model that forbids each. */
const NOT_TAKEN = [
  ['temperature', 'temperature', '--temperature', 'temperature'],
  ['reasoningEffort', 'reasoning', '--reasoning-effort', 'reasoning effort'],
  ['detail', 'detail', '--detail', 'detail of pictures'],
] as const;

function assertTaken(choice: JudgeChoice, model: string, facts: KnownModel | undefined): void {
  if (choice.differenceMap === true && facts?.severalPictures === false) {
    throw new RewardEditError('usage', `the model ${model} accepts one picture, and a map would be another`, {
      where: '--difference-map',
      hint: 'leave out the option',
    });
  }
  for (const [chosen, fact, option, what] of NOT_TAKEN) {
    if (choice[chosen] === undefined || facts?.[fact] !== false) continue;
    throw new RewardEditError('usage', `the model ${model} accepts no ${what}`, {
      where: option,
      hint: `leave out the option; or, if the table of models is wrong, put {"${fact}": true} into a file for --model-table`,
    });
  }
}
