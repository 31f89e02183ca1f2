import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Access } from '../language-model/access/access.ts';
import { createJudge } from './create-judge.ts';
import { splitJudge, type JudgeChoice } from './judge-choice.ts';
import { callsForOpenFiles, openFileLimit } from './open-files.ts';

let folder: string;
let files = 0;
let models: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-create-'));
  models = await write({
    models: [
      { model: 'seeing', vision: true, prices: { input: 1, output: 2 } },
      { model: 'blind', vision: false },
      { model: 'thinking', vision: true, temperature: false, reasoning: true },
      { model: 'free-form', vision: true, structuredOutput: false, logprobs: true },
    ],
  });
});
afterAll(() => rm(folder, { recursive: true }));

async function write(content: unknown): Promise<string> {
  const path = join(folder, `file-${(files += 1)}.json`);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const choice = (judge: string, own: Partial<JudgeChoice> = {}): JudgeChoice => ({
  judge,
  ...(/(?:^|:)(?:compatible:|ensemble:)/.test(judge) && { baseUrl: 'http://127.0.0.1:8000/v1' }),
  api: 'chat',
  protocol: 'rubric-v1',
  passes: 1,
  maxSide: 1024,
  timeout: 60,
  concurrency: 8,
  budget: {},
  replies: join(folder, 'replies'),
  ...own,
});
const AZURE = 'https://mine.openai.azure.com';
/** One key for every server. */
const key: Access = { keyOf: () => 'sk-0123456789', allowsHttp: () => true };
const noKey: Access = { ...key, keyOf: () => undefined };
const version = async (judge: string, own: Partial<JudgeChoice> = {}) =>
  (await createJudge(choice(judge, own), key)).judge.version;

describe('calls at once', () => {
  it.each([
    [1024, 736],
    [100, 43],
    [10, 1],
    [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY],
  ])('with %s open files are limited to %s', (limit, most) => {
    expect(callsForOpenFiles(limit)).toBe(most);
  });

  it('are limited by the open files of this process, with a notice', async () => {
    const limit = openFileLimit();
    expect(limit).toBeGreaterThan(100);
    expect((await createJudge(choice('compatible:m'), key)).notice).toBeUndefined();
    const { notice, inFlight } = await createJudge(choice('compatible:m', { concurrency: 1e9 }), key);
    expect(inFlight).toBeLessThan(2e9);
    expect(notice).toMatch(
      /^Calls at once: \d+ instead of 1000000000, because this process may have \d+ files open/,
    );
    expect(notice).toContain(`${limit} files open`);
  });
});

describe('splitJudge', () => {
  it.each([
    ['oracle', ['oracle', '']],
    ['openai:gpt-x', ['openai', 'gpt-x']],
    ['compatible:org/model:7b', ['compatible', 'org/model:7b']],
    ['replay:openai:gpt-x', ['replay', 'openai:gpt-x']],
    [':', ['', '']],
  ])('splits %s', (judge, parts) => {
    expect(splitJudge(judge)).toEqual(parts);
  });
});

describe('a cascade', () => {
  const small = { judge: 'compatible:small', baseUrl: 'http://127.0.0.1:8000/v1' };
  const stages = [{ ...small, passes: 3, sure: { spread: 0.5 } }, { judge: 'openai:x' }];

  it('has the models of its stages, and another version with other stages or limits', async () => {
    const versionOf = async (content: unknown) => {
      const opened = await createJudge(choice(`cascade:${await write(content)}`), key);
      expect(opened.models.map(({ model }) => model)).toEqual(['small', 'x']);
      return opened.judge.version;
    };
    const version = await versionOf({ stages });
    expect(await versionOf({ stages })).toBe(version);
    expect(await versionOf({ stages: [{ ...stages[0], sure: { spread: 1 } }, stages[1]] })).not.toBe(version);
    expect(await versionOf({ stages: [{ judge: 'pixels' }, ...stages] })).not.toBe(version);
  });

  it.each([
    ['one stage', [stages[1]], 'bad-input'],
    ['a first stage whose answer could never stand', [stages[1], stages[1]], 'usage'],
    ['a last stage that is to be sure', [stages[0], stages[0]], 'usage'],
    ['a spread of one pass', [{ ...stages[0], passes: 1 }, stages[1]], 'usage'],
    ['nobody to agree with', [{ ...stages[0], sure: { disagreement: 1 } }, stages[1]], 'usage'],
    ['pixels behind a model', [stages[0], { judge: 'pixels' }, stages[1]], 'usage'],
    ['pixels that are asked somehow', [{ judge: 'pixels', passes: 2 }, stages[1]], 'usage'],
    [
      'pixels to agree with',
      [{ judge: 'pixels' }, { ...stages[0], sure: { disagreement: 1 } }, stages[1]],
      'usage',
    ],
  ])('with %s is rejected', async (_what, wrong, code) => {
    const path = await write({ stages: wrong });
    await expect(createJudge(choice(`cascade:${path}`), key)).rejects.toMatchObject({ code, where: path });
  });

  it('cannot use batches, because the next judge depends on an answer', async () => {
    const judge = choice(`cascade:${await write({ stages })}`);
    await expect(createJudge(judge, key, {} as never)).rejects.toMatchObject({ code: 'usage' });
  });
});

describe('judging pairs', () => {
  it.each([
    [
      'by a protocol about one edit',
      'compatible:seeing',
      { protocol: 'rubric-v1', pairs: true },
      '--protocol',
    ],
    ['by none that is about pairs', 'compatible:seeing', { protocol: 'pairwise-v1' }, '--protocol'],
    [
      'with a map of differences',
      'compatible:seeing',
      { protocol: 'pairwise-v1', pairs: true, differenceMap: true },
      '--difference-map',
    ],
    ['with a judge of several', 'ensemble:x', { pairs: true }, '--judge'],
    ['with calibrated scores', 'calibrated:x', { pairs: true }, '--judge'],
  ])('is rejected %s', async (_, judge, own, where) => {
    await expect(createJudge(choice(judge, { models, ...own }), key)).rejects.toMatchObject({
      code: 'usage',
      where,
    });
  });

  it('needs a model that accepts several pictures', async () => {
    const table = await write({ models: [{ model: 'one', vision: true, severalPictures: false }] });
    const own = { models: table, protocol: 'pairwise-v1', pairs: true };
    await expect(createJudge(choice('compatible:one', own), key)).rejects.toMatchObject({
      message: 'the model one accepts one picture, and a pair has three',
    });
  });
});

describe('createJudge', () => {
  it('opens the oracle, which is free', async () => {
    const opened = await createJudge(choice('oracle', { concurrency: 3 }), noKey);
    expect(opened).toMatchObject({ judge: { name: 'oracle' }, inFlight: 3, models: [] });
    expect(opened.spending).toBeUndefined();
    await opened.close();
  });

  it('opens a language model with what is known of it, and asks nothing yet', async () => {
    const opened = await createJudge(choice('compatible:seeing', { models }), noKey);
    expect(opened).toMatchObject({
      judge: { name: 'compatible:seeing' },
      inFlight: 16,
      models: [
        {
          model: 'seeing',
          facts: { prices: { input: 1, output: 2 } },
          connection: { host: '127.0.0.1:8000' },
        },
      ],
    });
    expect(opened.spending!()).toMatchObject({ calls: 0, dollars: 0 });
    await opened.close();
  });

  it.each([
    '',
    'oracle:x',
    'openai',
    'openai:',
    'gpt-x',
    'claude:x',
    'replay:',
    'replay:oracle',
    'ensemble',
    '__proto__:x',
  ])('rejects the unknown judge %j', async (judge) => {
    await expect(createJudge(choice(judge), key)).rejects.toMatchObject({
      code: expect.stringMatching(/usage|bad-input/),
    });
  });

  it('suggests the provider for a model that is named alone', async () => {
    await expect(createJudge(choice('seeing', { models }), key)).rejects.toMatchObject({
      hint: expect.stringContaining('such as openai:seeing'),
    });
    await expect(createJudge(choice('orcale', { models }), key)).rejects.toMatchObject({
      hint: expect.not.stringContaining('openai:orcale'),
    });
  });

  it('rejects a model without vision', async () => {
    await expect(createJudge(choice('compatible:blind', { models }), key)).rejects.toMatchObject({
      code: 'usage',
      where: '--judge',
      message: 'the model blind cannot see pictures',
    });
  });

  it('cannot limit the cost of a model with unknown prices', async () => {
    const limited = (judge: string) => createJudge(choice(judge, { models, budget: { cost: 1 } }), key);
    await expect(limited('compatible:thinking')).rejects.toMatchObject({
      code: 'usage',
      where: '--max-cost',
    });
    await expect(limited('compatible:seeing')).resolves.toBeDefined();
    const other = createJudge(
      choice('compatible:thinking', { models, budget: { calls: 1, tokens: 5 } }),
      key,
    );
    await expect(other).resolves.toBeDefined();
  });

  it('needs the key of the provider only, and none to replay', async () => {
    const asked: string[] = [];
    const keyOf = (provider: string, origin: string) => {
      asked.push(`${provider} ${origin}`);
      return provider === 'compatible' ? undefined : 'sk-0123456789';
    };
    for (const judge of ['openai:x', 'azure:x', 'compatible:x', 'replay:openai:x']) {
      const own = judge.startsWith('azure') ? { baseUrl: AZURE } : {};
      await createJudge(choice(judge, own), { ...key, keyOf });
    }
    expect(asked).toEqual([
      'openai https://api.openai.com',
      `azure ${AZURE}`,
      'compatible http://127.0.0.1:8000',
    ]);
    await expect(createJudge(choice('openai:x'), noKey)).rejects.toMatchObject({ code: 'authentication' });
  });

  it("uses the table's model for a deployment on Azure", async () => {
    const of = (judge: string) =>
      createJudge(choice(judge, { models, baseUrl: AZURE, budget: { cost: 1 } }), key);
    const opened = await of('azure:my-judge=seeing');
    expect(opened).toMatchObject({
      judge: { name: 'azure:my-judge' },
      models: [{ model: 'my-judge', facts: { prices: { input: 1, output: 2 } } }],
    });
    await expect(of('azure:my-judge')).rejects.toMatchObject({ where: '--max-cost' });
    await expect(of('azure:my-judge=unheard-of')).rejects.toMatchObject({
      code: 'usage',
      message: 'the table of models has no unheard-of',
    });
    await expect(of('azure:my-judge=blind')).rejects.toMatchObject({ code: 'usage' });
  });

  it('replays under the name of the replayed judge', async () => {
    const [original, replayed] = await Promise.all(
      ['compatible:x', 'replay:compatible:x'].map((judge) => createJudge(choice(judge), noKey)),
    );
    expect([replayed.judge.name, replayed.judge.version]).toEqual([
      original.judge.name,
      original.judge.version,
    ]);
    expect(replayed.models[0]).not.toHaveProperty('connection');
  });
});

describe('the version of a judge', () => {
  it('depends on what answers depend on, and on nothing else', async () => {
    const same = await version('compatible:x');
    const unimportant: Partial<JudgeChoice>[] = [
      { timeout: 1 },
      { concurrency: 500 },
      { requestsPerMinute: 5 },
      { tokensPerMinute: 5 },
      { budget: { calls: 1 } },
      { replies: join(folder, 'elsewhere') },
      { baseUrl: 'http://127.0.0.1:8000/v1/' },
      { baseUrl: 'http://127.0.0.1:8001/v1' },
      { temperature: 0 },
      { models },
    ];
    for (const own of unimportant) expect(await version('compatible:x', own)).toBe(same);
    const important = await Promise.all([
      version('compatible:y'),
      version('openai:x'),
      version('azure:x', { baseUrl: AZURE }),
      version('compatible:x', { baseUrl: 'http://gpu.example:8000/v1' }),
      version('compatible:x', { api: 'responses' }),
      version('compatible:x', { protocol: 'viescore-like' }),
      version('compatible:x', { passes: 2 }),
      version('compatible:x', { passes: 2, temperature: 0 }),
      version('compatible:x', { temperature: 0.5 }),
      version('compatible:x', { maxSide: 512 }),
      version('compatible:x', { detail: 'low' }),
      version('compatible:x', { reasoningEffort: 'low' }),
      version('compatible:thinking', { models }),
      version('compatible:free-form', { models }),
    ]);
    expect(new Set([same, ...important]).size).toBe(1 + important.length);
  });
});

describe('an ensemble', () => {
  const members = [
    { judge: 'compatible:seeing', weights: { following: 2 } },
    {
      judge: 'openai:x',
      protocol: 'viescore-like',
      passes: 3,
      baseUrl: 'https://eu.api.openai.com/v1',
      api: 'responses',
    },
  ];

  it('has the judges in its file, each with its own key, server and protocol', async () => {
    const asked: string[] = [];
    const opened = await createJudge(choice(`ensemble:${await write({ members })}`, { models }), {
      ...key,
      keyOf(provider, origin) {
        asked.push(`${provider} ${origin}`);
        return 'sk-0123456789';
      },
    });
    expect(opened.judge.name).toBe('ensemble');
    expect(opened.models.map(({ model, connection }) => [model, connection?.host])).toEqual([
      ['seeing', '127.0.0.1:8000'],
      ['x', 'eu.api.openai.com'],
    ]);
    expect(asked).toEqual(['compatible http://127.0.0.1:8000', 'openai https://eu.api.openai.com']);
    await opened.close();
  });

  it('has another version with another member or weight', async () => {
    const of = async (list: readonly object[]) =>
      version(`ensemble:${await write({ members: list })}`, { models });
    const [one, two] = members;
    expect(await of(members)).toBe(await of(members));
    expect(await of([{ ...one, weights: { following: 2, quality: 1 } }, two])).toBe(await of(members));
    const others = await Promise.all(
      [
        members,
        [one],
        [two, one],
        [{ ...one, weights: { following: 3 } }, two],
        [one, { ...two, passes: 2 }],
        [one, { ...two, judge: 'openai:y' }],
      ].map(of),
    );
    expect(new Set(others).size).toBe(others.length);
  });

  it.each<[string, unknown, object]>([
    ['no JSON', 'hello', { message: 'the ensemble is not valid JSON' }],
    ['nothing', {}, { message: expect.stringContaining('members') }],
    ['no member', { members: [] }, { message: expect.stringContaining('members') }],
    [
      'a weight below zero',
      { members: [{ judge: 'openai:x', weights: { quality: -1 } }] },
      { message: expect.stringContaining('members.0.weights.quality') },
    ],
    [
      'a perspective that is none',
      { members: [{ judge: 'openai:x', weights: { beauty: 1 } }] },
      { message: expect.stringContaining('members.0.weights') },
    ],
    [
      'no pass',
      { members: [{ judge: 'openai:x', passes: 0 }] },
      { message: expect.stringContaining('members.0.passes') },
    ],
    [
      'an option that is none',
      { members: [{ judge: 'openai:x', temperatur: 0 }] },
      { message: expect.stringContaining('temperatur') },
    ],
  ])('with %s is bad input', async (_, content, expected) => {
    const path = await write(content);
    await expect(createJudge(choice(`ensemble:${path}`), key)).rejects.toMatchObject({
      code: 'bad-input',
      where: path,
      ...expected,
    });
  });

  it('with a judge that cannot be a member, or without a file, is rejected', async () => {
    for (const judge of ['oracle', `ensemble:${await write({ members })}`, 'x']) {
      const path = await write({ members: [{ judge }] });
      await expect(createJudge(choice(`ensemble:${path}`), key)).rejects.toMatchObject({ code: 'usage' });
    }
    const unknown = await write({ members: [{ judge: 'compatible:x', protocol: 'toString' }] });
    await expect(createJudge(choice(`ensemble:${unknown}`), key)).rejects.toMatchObject({ code: 'usage' });
    const missing = join(folder, 'none.json');
    await expect(createJudge(choice(`ensemble:${missing}`), key)).rejects.toMatchObject({
      code: 'bad-input',
      where: missing,
    });
  });
});
