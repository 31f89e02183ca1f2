import { dirname, join } from 'node:path';
import { Flags } from '@oclif/core';
import type { JudgeChoice } from '@rewardedit/annotate';
import { numberFlag, type ValuesOf } from './flags.ts';
import { accessFlags } from './judge-access.ts';

/** The protocols by name; a test holds this list against that of the package, which is too heavy to load for `--help`. */
export const PROTOCOL_NAMES = [
  'rubric-v1',
  'rubric-v2',
  'real-edit-like',
  'viescore-like',
  'pairwise-v1',
] as const;

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
    summary: `Protocol, by which the judge is asked: ${PROTOCOL_NAMES.join(', ')}, or a file of your own questions; rubric-v1, or pairwise-v1 for pairs, by default.`,
    helpValue: 'NAME|FILE',
    helpGroup: MODEL,
  }),
  passes: Flags.integer({
    summary:
      'How often each question is asked; scores are the means of the answers, kept with their spread (standard deviation).',
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
    summary: 'API that the server speaks: Chat Completions or Responses.',
    options: ['chat', 'responses'] as const,
    default: 'chat' as const,
    helpGroup: MODEL,
  })(),
  ...accessFlags,
  'model-table': Flags.string({
    summary:
      'File with prices and abilities of models that the built-in table lacks or has wrong; docs/judges.md describes it.',
    helpValue: 'FILE',
    helpGroup: MODEL,
  }),
  temperature: numberFlag({
    summary: 'Sampling temperature of replies; by default 0, with several --passes 0.7.',
    min: 0,
    max: 2,
    helpGroup: MODEL,
  }),
  'max-side': Flags.integer({
    summary: 'Longest side of pictures as they are sent; larger ones are made smaller.',
    default: 1024,
    min: 64,
    helpValue: 'PIXELS',
    helpGroup: MODEL,
  }),
  detail: Flags.option({
    summary: "Detail: how closely the model looks at pictures, as OpenAI's API has it; high by default.",
    options: ['low', 'high', 'auto'] as const,
    helpGroup: MODEL,
  })(),
  'difference-map': Flags.boolean({
    summary:
      'Also show the judge a picture of where original and edit differ, in questions about what was preserved.',
    helpGroup: MODEL,
  }),
  'reasoning-effort': Flags.option({
    summary: 'Reasoning effort, for reasoning models; low by default.',
    options: ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'] as const,
    helpGroup: MODEL,
  })(),
  'reasoning-tokens': Flags.integer({
    summary: 'Tokens that reasoning may take, besides those of the reply; 4000 by default.',
    min: 0,
    helpGroup: MODEL,
  }),
  'cache-dir': Flags.string({
    summary:
      'Cache of replies, so that nothing is paid for twice; the folder replies beside the answers by default.',
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
  'max-calls': Flags.integer({
    summary: 'Budget of calls, counted like --max-cost.',
    min: 0,
    helpGroup: LIMITS,
  }),
  'max-tokens': Flags.integer({
    summary: 'Budget of tokens, counted like --max-cost.',
    min: 0,
    helpGroup: LIMITS,
  }),
};

export type JudgeOptions = Omit<ValuesOf<typeof judgeFlags>, keyof typeof accessFlags>;

/** What is asked where nothing else is said: about one edit, and about a pair. */
const [RUBRIC, PAIRWISE] = ['rubric-v1', 'pairwise-v1'] as const;

/**
 * The judge that the options choose.
 *
 * @param journal is where its answers go; replies are kept beside it by default.
 * @param pairs whether two edits are compared, in place of scores.
 */
export function judgeChoice(options: JudgeOptions, journal: string, pairs = false): JudgeChoice {
  const local = options.judge === 'oracle';
  return {
    judge: options.judge,
    baseUrl: options['base-url'],
    api: options.api,
    protocol: options.protocol ?? (pairs ? PAIRWISE : RUBRIC),
    ...(pairs && { pairs }),
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
