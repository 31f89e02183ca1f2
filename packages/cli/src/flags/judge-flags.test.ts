import { join } from 'node:path';
import { APIS, DETAILS, PROTOCOL_NAMES as NAMES, REASONING_EFFORTS } from '@rewardedit/annotate';
import { describe, expect, it } from 'vitest';
import { PROTOCOL_NAMES, judgeChoice, judgeFlags, type JudgeOptions } from './judge-flags.ts';

it('lists the protocols and APIs of the package', () => {
  expect(PROTOCOL_NAMES).toEqual(NAMES);
  expect(judgeFlags.api.options).toEqual(APIS);
  expect(judgeFlags.detail.options).toEqual(DETAILS);
  expect(judgeFlags['reasoning-effort'].options).toEqual(REASONING_EFFORTS);
});

describe('judgeChoice', () => {
  const options: JudgeOptions = {
    judge: 'compatible:m',
    protocol: 'rubric-v1',
    passes: 1,
    api: 'chat',
    'max-side': 1024,
    timeout: 120,
  };

  it('caches replies beside the journal by default, with a higher concurrency than the oracle', () => {
    const journal = join('data', 'rewards.jsonl');
    expect(judgeChoice(options, journal)).toMatchObject({
      replies: join('data', 'replies'),
      concurrency: 64,
    });
    expect(judgeChoice({ ...options, judge: 'oracle' }, journal)).toMatchObject({ concurrency: 4 });
    const told = { ...options, 'cache-dir': 'elsewhere', concurrency: 9 };
    expect(judgeChoice(told, journal)).toMatchObject({ replies: 'elsewhere', concurrency: 9 });
  });

  it('passes on every option', () => {
    const all: Required<JudgeOptions> = {
      judge: 'j',
      protocol: 'viescore-like',
      passes: 2,
      'base-url': 'u',
      api: 'responses',
      'model-table': 'm',
      temperature: 0.1,
      'max-side': 3,
      detail: 'low',
      'difference-map': true,
      'reasoning-effort': 'high',
      'reasoning-tokens': 11,
      'cache-dir': 'r',
      concurrency: 4,
      timeout: 5,
      'requests-per-minute': 6,
      'tokens-per-minute': 7,
      'max-cost': 8,
      'max-calls': 9,
      'max-tokens': 10,
    };
    expect(judgeChoice(all, '')).toEqual({
      judge: 'j',
      protocol: 'viescore-like',
      passes: 2,
      baseUrl: 'u',
      api: 'responses',
      models: 'm',
      temperature: 0.1,
      maxSide: 3,
      detail: 'low',
      differenceMap: true,
      reasoningEffort: 'high',
      reasoningTokens: 11,
      replies: 'r',
      concurrency: 4,
      timeout: 5,
      requestsPerMinute: 6,
      tokensPerMinute: 7,
      budget: { cost: 8, calls: 9, tokens: 10 },
    });
  });
});
