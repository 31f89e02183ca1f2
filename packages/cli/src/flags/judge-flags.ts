import { dirname, join } from 'node:path';
import { Flags } from '@oclif/core';
import type { JudgeChoice } from '@rewardedit/annotate';
import { inGroup, numberFlag, type ValuesOf } from './flags.ts';
import { accessFlags } from './judge-access.ts';

/** Names of the protocols, repeated here because the package is too heavy to load for `--help`; a test compares both lists. */
export const PROTOCOL_NAMES = [
  'rubric-v1',
  'rubric-v2',
  'real-edit-like',
  'viescore-like',
  'pairwise-v1',
] as const;

/** Which judge scores, how it is asked, and what that may cost. */
export const judgeFlags = {
  judge: Flags.string({
    summary:
      'Judge: oracle, openai:MODEL, azure:DEPLOYMENT[=MODEL], compatible:MODEL, replay:JUDGE, ensemble:FILE, cascade:FILE or calibrated:FILE.',
    default: 'oracle',
    helpValue: 'JUDGE',
  }),
  ...inGroup('Language model', {
    protocol: Flags.string({
      summary: `Protocol, which defines the questions: ${PROTOCOL_NAMES.join(', ')}, or a file with your own; by default rubric-v1, or pairwise-v1 for pairs.`,
      helpValue: 'NAME|FILE',
    }),
    passes: Flags.integer({
      summary:
        'Number of times each question is asked; scores are averaged, and their standard deviation is recorded.',
      default: 1,
      min: 1,
      max: 100,
    }),
    'base-url': Flags.string({
      summary: 'Base URL of the server, such as http://127.0.0.1:8000/v1.',
      helpValue: 'URL',
    }),
    api: Flags.option({
      summary: 'API of the server: Chat Completions or Responses.',
      options: ['chat', 'responses'] as const,
      default: 'chat' as const,
    })(),
    ...accessFlags,
    'model-table': Flags.string({
      summary:
        'File with prices and capabilities of models that the built-in table lacks or has wrong; see docs/judges.md.',
      helpValue: 'FILE',
    }),
    temperature: numberFlag({
      summary: 'Sampling temperature of replies; by default 0, or 0.7 with several --passes.',
      min: 0,
      max: 2,
    }),
    'max-side': Flags.integer({
      summary: 'Longest side of the pictures that are sent; larger ones are downscaled.',
      default: 1024,
      min: 64,
      helpValue: 'PIXELS',
    }),
    detail: Flags.option({
      summary: "Detail level of pictures, as in OpenAI's API; high by default.",
      options: ['low', 'high', 'auto'] as const,
    })(),
    'difference-map': Flags.boolean({
      summary:
        'In questions about what was preserved, also show the judge a map of the differences between original and edit.',
    }),
    'reasoning-effort': Flags.option({
      summary: 'Reasoning effort of reasoning models; low by default.',
      options: ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'] as const,
    })(),
    'reasoning-tokens': Flags.integer({
      summary: 'Token limit for reasoning, in addition to the tokens of the reply; 4000 by default.',
      min: 0,
    }),
    'cache-dir': Flags.string({
      summary:
        'Cache of replies, so that no reply is paid for twice; the folder `replies` next to the answers by default.',
      helpValue: 'FOLDER',
    }),
  }),
  ...inGroup('Limit', {
    concurrency: Flags.integer({
      summary:
        'Concurrency limit: 4 triplets for the oracle, 64 calls for a language model by default; lowered while a server turns calls away.',
      min: 1,
      max: 4096,
    }),
    timeout: numberFlag({ summary: 'Timeout of a call, in seconds.', default: 120, min: 1 }),
    'requests-per-minute': Flags.integer({ summary: 'Rate limit: calls per minute.', min: 1 }),
    'tokens-per-minute': Flags.integer({ summary: 'Rate limit: tokens per minute.', min: 1 }),
    'max-cost': numberFlag({
      summary:
        'Budget of the run in US dollars, over all its processes and days; the run stops with exit code 5 before it exceeds the budget.',
      min: 0,
      helpValue: 'DOLLARS',
    }),
    'max-calls': Flags.integer({ summary: 'Budget of calls, counted like --max-cost.', min: 0 }),
    'max-tokens': Flags.integer({ summary: 'Budget of tokens, counted like --max-cost.', min: 0 }),
  }),
};

export type JudgeOptions = Omit<ValuesOf<typeof judgeFlags>, keyof typeof accessFlags>;

/** The default protocols, for scores and for pairs. */
const [RUBRIC, PAIRWISE] = ['rubric-v1', 'pairwise-v1'] as const;

/**
 * Returns the judge that the options choose.
 *
 * @param journal the file for its answers; replies are stored next to it by default.
 * @param pairs whether it compares two edits instead of scoring one.
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
