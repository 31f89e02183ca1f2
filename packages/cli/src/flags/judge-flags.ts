import { dirname, join } from 'node:path';
import { Flags } from '@oclif/core';
import type { JudgeChoice } from '@rewardedit/annotate';
import { numberFlag, type ValuesOf } from './flags.ts';
import { accessFlags } from './judge-access.ts';

/** The protocols by name; a test holds this list against that of the package, which is too heavy to load for `--help`. */
export const PROTOCOL_NAMES = ['rubric-v1', 'real-edit-like', 'viescore-like'] as const;

const MODEL = 'Language models';
const LIMITS = 'Limits';

/** The options that say who judges and how. */
export const judgeFlags = {
  judge: Flags.string({
    summary:
      'Who scores: oracle, openai:MODEL, azure:DEPLOYMENT[=MODEL], compatible:MODEL, replay:JUDGE, ensemble:FILE, cascade:FILE or calibrated:FILE.',
    default: 'oracle',
    helpValue: 'JUDGE',
  }),
  protocol: Flags.string({
    summary: `Protocol: ${PROTOCOL_NAMES.join(', ')}, or a file of your own questions.`,
    default: 'rubric-v1',
    helpValue: 'NAME|FILE',
    helpGroup: MODEL,
  }),
  passes: Flags.integer({
    summary: 'Samples of each answer; scores are their means, kept with their spread.',
    default: 1,
    min: 1,
    max: 100,
    helpGroup: MODEL,
  }),
  'base-url': Flags.string({
    summary: 'Where the server is, such as http://127.0.0.1:8000/v1.',
    helpValue: 'URL',
    helpGroup: MODEL,
  }),
  api: Flags.option({
    summary: 'The API that the server speaks.',
    options: ['chat', 'responses'] as const,
    default: 'chat' as const,
    helpGroup: MODEL,
  })(),
  ...accessFlags,
  'model-table': Flags.string({
    summary: 'File that describes models which are not known, or not as they are: prices, what they take.',
    helpValue: 'FILE',
    helpGroup: MODEL,
  }),
  temperature: numberFlag({
    summary: 'Sampling temperature of replies; 0 for one pass and 0.7 for several by default.',
    min: 0,
    max: 2,
    helpGroup: MODEL,
  }),
  'max-side': Flags.integer({
    summary: 'Pictures with a longer side are sent smaller.',
    default: 1024,
    min: 64,
    helpValue: 'PIXELS',
    helpGroup: MODEL,
  }),
  detail: Flags.option({
    summary: 'Detail in which the server looks at pictures; high by default.',
    options: ['low', 'high', 'auto'] as const,
    helpGroup: MODEL,
  })(),
  'difference-map': Flags.boolean({
    summary: 'Show a map of differences, too, where a question is about what was preserved.',
    helpGroup: MODEL,
  }),
  'reasoning-effort': Flags.option({
    summary: 'Reasoning effort of models that think; low by default.',
    options: ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'] as const,
    helpGroup: MODEL,
  })(),
  'reasoning-tokens': Flags.integer({
    summary: 'Tokens for reasoning, besides those of the reply; 4000 by default.',
    min: 0,
    helpGroup: MODEL,
  }),
  'cache-dir': Flags.string({
    summary: 'Cache of replies, so that nothing is paid for twice; "replies" in the dataset unless given.',
    helpValue: 'FOLDER',
    helpGroup: MODEL,
  }),
  concurrency: Flags.integer({
    summary:
      'Triplets (oracle: 4 by default) or calls (language models: 64) at once, at most; fewer while a server turns calls away.',
    min: 1,
    max: 4096,
    helpGroup: LIMITS,
  }),
  timeout: numberFlag({
    summary: 'Timeout of a call, in seconds.',
    default: 120,
    min: 1,
    helpGroup: LIMITS,
  }),
  'requests-per-minute': Flags.integer({ summary: 'Rate limit: calls a minute.', min: 1, helpGroup: LIMITS }),
  'tokens-per-minute': Flags.integer({ summary: 'Rate limit: tokens a minute.', min: 1, helpGroup: LIMITS }),
  'max-cost': numberFlag({
    summary:
      'Budget in US dollars, of all processes and days of the run: it ends before more is spent, with exit code 5.',
    min: 0,
    helpValue: 'DOLLARS',
    helpGroup: LIMITS,
  }),
  'max-calls': Flags.integer({ summary: 'Budget of calls.', min: 0, helpGroup: LIMITS }),
  'max-tokens': Flags.integer({
    summary: 'Budget of tokens.',
    min: 0,
    helpGroup: LIMITS,
  }),
};

export type JudgeOptions = Omit<ValuesOf<typeof judgeFlags>, keyof typeof accessFlags>;

/** The judge that the options choose. @param journal is where its answers go; replies are kept beside it by default. */
export function judgeChoice(options: JudgeOptions, journal: string): JudgeChoice {
  const local = options.judge === 'oracle';
  return {
    judge: options.judge,
    baseUrl: options['base-url'],
    api: options.api,
    protocol: options.protocol,
    passes: options.passes,
    temperature: options.temperature,
    maxSide: options['max-side'],
    detail: options.detail,
    ...(options['difference-map'] === true && { differenceMap: true }),
    reasoningEffort: options['reasoning-effort'],
    reasoningTokens: options['reasoning-tokens'],
    timeout: options.timeout,
    concurrency: options.concurrency ?? (local ? 4 : 64),
    requestsPerMinute: options['requests-per-minute'],
    tokensPerMinute: options['tokens-per-minute'],
    budget: { cost: options['max-cost'], calls: options['max-calls'], tokens: options['max-tokens'] },
    replies: options['cache-dir'] ?? join(dirname(journal), 'replies'),
    models: options['model-table'],
  };
}
