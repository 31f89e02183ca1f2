import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { APIS, PROTOCOLS } from '@rewardedit/annotate';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { PROTOCOL_NAMES, judgeChoice, judgeFlags, keySource, type JudgeOptions } from './judge-flags.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-flags-'));
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

it('knows the protocols and APIs that the package has', () => {
  expect(PROTOCOL_NAMES).toEqual(Object.keys(PROTOCOLS));
  expect(judgeFlags.api.options).toEqual(APIS);
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

  it('keeps replies beside the journal unless told, and asks more at once than the oracle', () => {
    const journal = join('data', 'rewards.jsonl');
    expect(judgeChoice(options, journal)).toMatchObject({
      replies: join('data', 'replies'),
      concurrency: 64,
    });
    expect(judgeChoice({ ...options, judge: 'oracle' }, journal)).toMatchObject({ concurrency: 4 });
    const told = { ...options, replies: 'elsewhere', concurrency: 9 };
    expect(judgeChoice(told, journal)).toMatchObject({ replies: 'elsewhere', concurrency: 9 });
  });

  it('passes every option on', () => {
    const all: Required<JudgeOptions> = {
      judge: 'j',
      protocol: 'viescore',
      passes: 2,
      'base-url': 'u',
      api: 'responses',
      models: 'm',
      temperature: 0.1,
      'max-side': 3,
      replies: 'r',
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
      protocol: 'viescore',
      passes: 2,
      baseUrl: 'u',
      api: 'responses',
      models: 'm',
      temperature: 0.1,
      maxSide: 3,
      replies: 'r',
      concurrency: 4,
      timeout: 5,
      requestsPerMinute: 6,
      tokensPerMinute: 7,
      budget: { cost: 8, calls: 9, tokens: 10 },
    });
  });
});

describe('keySource', () => {
  it("reads each provider's own variable, and OpenAI's for no other", async () => {
    vi.stubEnv('OPENAI_API_KEY', 'o');
    vi.stubEnv('AZURE_OPENAI_API_KEY', 'a');
    vi.stubEnv('REWARDEDIT_API_KEY', undefined);
    const keyOf = await keySource(undefined);
    expect([keyOf('openai'), keyOf('azure'), keyOf('compatible')]).toEqual(['o', 'a', undefined]);
  });

  it('reads the file that was named, without the line break at its end', async () => {
    const file = join(folder, 'key');
    await writeFile(file, 'sk-of-a-file\n');
    vi.stubEnv('OPENAI_API_KEY', 'o');
    expect((await keySource(file))('openai')).toBe('sk-of-a-file');
    const missing = join(folder, 'none');
    await expect(keySource(missing)).rejects.toMatchObject({ code: 'bad-input', where: missing });
  });
});
