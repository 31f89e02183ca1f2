import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PERSPECTIVES, type Triplet } from '@rewardedit/core';
import { blankPicture, writePng } from '@rewardedit/data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judgedTriplet } from '../run/judged-triplet.ts';
import { builtInProtocol, type ProtocolName } from '../protocols/index.ts';
import type { Read } from '../protocols/protocol.ts';
import type { Asked, Call } from './calling/retrying-client.ts';
import type { ChatRequest } from './api/chat.ts';
import { createLanguageModelJudge, type JudgeSettings } from './language-model-judge.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-judge-'));
  await writePng(join(folder, 'a.png'), blankPicture(20, 10));
  await writePng(join(folder, 'b.png'), blankPicture(20, 10, [255, 0, 0]));
  await writePng(join(folder, 'c.png'), blankPicture(300, 200, [0, 0, 255]));
});
afterAll(() => rm(folder, { recursive: true }));

const SETTINGS: JudgeSettings = {
  name: 'compatible:m',
  server: 'http://127.0.0.1:8000/v1',
  model: 'm',
  api: 'chat',
  protocol: 'rubric-v1',
  passes: 1,
  sampling: { temperature: 0, seed: 1 },
  structuredOutput: true,
  lengthLimits: true,
  systemRole: true,
  severalPictures: true,
  maxSide: 1024,
  detail: 'high',
  thinkingTokens: 0,
};

const TRIPLET: Triplet = { id: 't', instruction: 'Make it red.', original: 'a.png', edited: 'b.png' };
const context = { signal: new AbortController().signal, cancel: new AbortController().signal };
const judged = (own: Partial<Triplet> = {}) =>
  judgedTriplet({ resolve: (name) => join(folder, name) }, { ...TRIPLET, ...own });

type Ask = (call: Call, at: number) => Asked;

/** A judge that is answered from a list, and what it asked. */
function judgeWith(settings: Partial<JudgeSettings>, answer: Ask = () => good({ scores: {}, feedback: {} })) {
  const calls: Call[] = [];
  const judge = createLanguageModelJudge({
    settings: { ...SETTINGS, ...settings },
    protocol: builtInProtocol((settings.protocol ?? SETTINGS.protocol) as ProtocolName),
    ask: async (call) => answer(call, calls.push(call) - 1),
  });
  return { judge, calls };
}

const good = (reading: Read, reply = {}): Asked => ({
  reply: { text: '', finish: 'complete', ...reply },
  reading,
  usages: [{ input: 10, cachedInput: 0, output: 2 }],
});
const scored = (following: number, text = `${following}`): Asked =>
  good({ scores: { following, preserving: 5, quality: 1 }, feedback: { following: text } });

const keysOf = async (settings: Partial<JudgeSettings> = {}, own: Partial<Triplet> = {}) => {
  const calls = await judgeWith(settings).judge.calls(judged(own));
  return calls.map((call) => call.key(0));
};

/** A change of each setting. */
const CHANGES: readonly Partial<JudgeSettings>[] = [
  { name: 'openai:m' },
  { server: 'http://127.0.0.1:8001/v1' },
  { model: 'm2' },
  { api: 'responses' },
  { protocol: 'real-edit-like' },
  { protocol: 'viescore-like' },
  { passes: 2 },
  { sampling: {} },
  { sampling: { temperature: 0.5, seed: 1 } },
  { sampling: { temperature: 0, seed: 2 } },
  { sampling: { temperature: 0, seed: 1, reasoningEffort: 'low' } },
  { sampling: { temperature: 0, seed: 1, alternatives: 20 } },
  { structuredOutput: false },
  { lengthLimits: false },
  { systemRole: false },
  { severalPictures: false },
  { maxSide: 512 },
  { detail: 'low' },
  { thinkingTokens: 4000 },
];

describe('the version', () => {
  it('changes with each setting, and is the same for equal settings', () => {
    const versions = [{}, ...CHANGES].map((change) => judgeWith(change).judge.version);
    expect(new Set(versions).size).toBe(versions.length);
    for (const version of versions) expect(version).toMatch(/^[0-9a-f]{16}$/);
    const turned = Object.fromEntries(Object.entries(SETTINGS).reverse()) as JudgeSettings;
    expect(judgeWith(turned).judge.version).toBe(versions[0]);
    // Every setting is changed once.
    expect(new Set(CHANGES.flatMap(Object.keys))).toEqual(new Set(Object.keys(SETTINGS)));
  });

  it('changes with a difference map, which questions about preserving show after both pictures', async () => {
    const pictures = async (protocol: ProtocolName) => {
      const { judge } = judgeWith({ protocol, differenceMap: true });
      const calls = await judge.calls(judged({ original: 'a.png', edited: 'c.png' }));
      return calls.map(({ request }) =>
        request.parts.flatMap((part) =>
          'picture' in part ? [`${part.picture.width}x${part.picture.height}`] : [],
        ),
      );
    };
    const three = ['20x10', '300x200', '20x10'];
    expect(await pictures('rubric-v1')).toEqual([three]);
    expect(await pictures('viescore-like')).toEqual([three, ['300x200']]);
    expect(await pictures('real-edit-like')).toEqual([['20x10', '300x200'], three, ['300x200']]);
    const [map, plain] = [{ differenceMap: true } as const, {}].map((own) => judgeWith(own).judge.version);
    expect(map).not.toBe(plain);
  });

  it('is in every record, with the hash of the questions', async () => {
    const prompts = await Promise.all(
      [{}, ...CHANGES].map(async (change) => {
        const { judge } = judgeWith(change);
        const { reward } = await judge.judge(judged(), context);
        expect(reward!.judge).toMatchObject({
          name: judge.name,
          version: judge.version,
          model: change.model ?? 'm',
        });
        return String(reward!.judge!['prompt']);
      }),
    );
    const [rubric] = prompts;
    // The schema is part of the question, in whatever form it is sent.
    const others = CHANGES.flatMap(({ protocol, structuredOutput = true, lengthLimits = true }, at) =>
      protocol === undefined && structuredOutput && lengthLimits ? [] : [prompts[at + 1]],
    );
    expect(new Set([rubric, ...others]).size).toBe(5);
    expect(new Set(prompts).size).toBe(5);
  });
});

describe('a model with limited abilities', () => {
  const bodyOf = async (settings: Partial<JudgeSettings>) => {
    const [{ request }] = await judgeWith(settings).judge.calls(judged());
    return request;
  };

  it("gets the system message in the user's message", async () => {
    const usual = await bodyOf({});
    const { system, parts } = await bodyOf({ systemRole: false });
    expect(system).toBe('');
    expect(parts).toEqual([{ text: usual.system }, ...usual.parts]);
  });

  it('gets both pictures as one if it accepts only one', async () => {
    const pictures = ({ parts }: ChatRequest) => parts.filter((part) => 'picture' in part);
    const [usual, one] = await Promise.all([bodyOf({}), bodyOf({ severalPictures: false })]);
    expect(pictures(usual)).toHaveLength(2);
    expect(pictures(one)).toHaveLength(1);
    const texts = one.parts.flatMap((part) => ('text' in part ? [part.text] : []));
    expect(texts.join('\n')).toContain('the original on the left, the edited one on the right');
    expect(texts.join('\n')).not.toMatch(/picture:$/m);
  });
});

describe('the key of a reply', () => {
  it('changes with whatever the reply depends on', async () => {
    const changes = CHANGES.filter(({ name, passes, maxSide }) => (name ?? passes ?? maxSide) === undefined);
    const keys = await Promise.all([
      keysOf(),
      ...changes.map((change) => keysOf(change)),
      keysOf({}, { instruction: 'Make it green.' }),
      keysOf({}, { kind: 'style' }),
      keysOf({}, { original: 'b.png', edited: 'a.png' }),
      keysOf({}, { edited: 'c.png' }),
      keysOf({ maxSide: 100 }, { edited: 'c.png' }),
    ]);
    const all = keys.flat();
    expect(new Set(all).size).toBe(all.length);
  });

  it('does not change with anything else', async () => {
    const keys = await keysOf();
    expect(await keysOf()).toEqual(keys);
    expect(await keysOf({ name: 'another name', maxSide: 512 })).toEqual(keys);
    const known: Partial<Triplet> = {
      id: 'another',
      description: 'A sky.',
      faults: [{ perspective: 'quality', fault: 'blur', degree: 5, note: 'x' }],
      flippable: true,
      truth: 'c.png',
    };
    expect(await keysOf({}, known)).toEqual(keys);
    // More passes reuse the replies of fewer.
    expect((await keysOf({ passes: 3 })).slice(0, 1)).toEqual(keys);
  });

  it('changes with each pass and each try', async () => {
    for (const sampling of [SETTINGS.sampling, {}]) {
      const calls = await judgeWith({ passes: 3, sampling }).judge.calls(judged());
      const keys = calls.flatMap((call) => [call.key(0), call.key(1)]);
      expect(new Set(keys).size).toBe(6);
    }
  });
});

describe('a question', () => {
  const requestOf = async (settings: Partial<JudgeSettings>, own: Partial<Triplet> = {}) =>
    (await judgeWith(settings).judge.calls(judged(own)))[0].request;

  it('shows both pictures, shrunk if they are too large', async () => {
    const { parts } = await requestOf({ maxSide: 100 }, { edited: 'c.png' });
    const pictures = parts.flatMap((part) => ('picture' in part ? [part.picture] : []));
    expect(pictures.map(({ width, height }) => [width, height])).toEqual([
      [20, 10],
      [100, 67],
    ]);
  });

  it('has another seed in each pass', async () => {
    const calls = await judgeWith({ passes: 3 }).judge.calls(judged());
    expect(calls.map(({ request }) => request.sampling)).toEqual(
      [1, 2, 3].map((seed) => ({ temperature: 0, seed })),
    );
  });

  it('has the schema with length limits, without them, or as text', async () => {
    const limited = await requestOf({});
    expect(JSON.stringify(limited.format)).toContain('maxLength');
    const unlimited = await requestOf({ lengthLimits: false });
    expect(JSON.stringify(unlimited.format)).not.toContain('maxLength');
    expect(JSON.stringify(limited.format).replaceAll(/,"maxLength":\d+/g, '')).toBe(
      JSON.stringify(unlimited.format),
    );
    const told = await requestOf({ structuredOutput: false });
    expect(told).not.toHaveProperty('format');
    expect(told.system).toBe(
      `${limited.system}\n\nReply with JSON of this schema and with nothing else:\n${JSON.stringify(limited.format!.schema)}`,
    );
  });

  it('leaves room for reasoning', async () => {
    const { maxOutputTokens } = await requestOf({});
    expect(await requestOf({ thinkingTokens: 4000 })).toHaveProperty(
      'maxOutputTokens',
      maxOutputTokens + 4000,
    );
    const [{ least, most }] = await judgeWith({ thinkingTokens: 4000 }).judge.calls(judged());
    expect(most.output).toBe(maxOutputTokens + 4000);
    expect(least.output).toBeLessThan(most.output);
  });

  it('cannot be asked if a picture cannot be read', async () => {
    const { judge, calls } = judgeWith({});
    await expect(judge.judge(judged({ edited: 'none.png' }), context)).rejects.toMatchObject({
      code: 'bad-input',
      where: join(folder, 'none.png'),
    });
    expect(calls).toEqual([]);
  });
});

describe('the answer', () => {
  it('comes from one pass, and names its judge', async () => {
    const reading = { scores: { following: 4 }, feedback: { following: 'A bit pale.' }, measures: { x: 1 } };
    const { judge } = judgeWith({}, () => good(reading, { model: 'm-2030-01-01', fingerprint: 'fp' }));
    const answer = await judge.judge(judged(), context);
    expect(answer).not.toHaveProperty('missing');
    expect(answer).toHaveProperty('measures', { x: 1 });
    expect(answer.reward).toEqual({
      scores: { following: 4 },
      feedback: { following: 'A bit pale.' },
      judge: {
        name: 'compatible:m',
        version: judge.version,
        protocol: 'rubric-v1',
        model: 'm',
        server: 'http://127.0.0.1:8000/v1',
        passes: 1,
        prompt: expect.stringMatching(/^[0-9a-f]{16}$/),
        served: 'm-2030-01-01',
        fingerprint: 'fp',
      },
    });
  });

  it('is the mean of the passes with their spread, and the text of the one nearest to it', async () => {
    const answers = [scored(1), scored(2), scored(5)];
    const { reward } = await judgeWith({ passes: 3 }, (_, at) => answers[at]).judge.judge(judged(), context);
    expect(reward).toMatchObject({
      scores: { following: 8 / 3, preserving: 5, quality: 1 },
      feedback: { following: '2' },
      judge: { passes: 3 },
    });
    const { following, ...others } = reward!.spread!;
    expect(following).toBeCloseTo(Math.sqrt(((5 / 3) ** 2 + (2 / 3) ** 2 + (7 / 3) ** 2) / 3), 12);
    expect(others).toEqual({ preserving: 0, quality: 0 });
  });

  it('has the mean of measures that every pass has, and no others', async () => {
    const answers = [
      { both: 1, first: 1 },
      { both: 3, second: 1 },
    ].map((measures) => good({ scores: { quality: 1 }, feedback: {}, measures }));
    const { judge } = judgeWith({ passes: 2 }, (_, at) => answers[at]);
    expect(await judge.judge(judged(), context)).toHaveProperty('measures', { both: 2 });
  });

  it('is missing if a pass has none: a mean over fewer would be another number', async () => {
    const answers = [
      scored(1),
      { missing: 'refusal', replies: ['No.'], usages: [undefined] },
      { missing: 'cut off', replies: [], usages: [] },
    ];
    const { judge } = judgeWith({ passes: 3 }, (_, at) => answers[at]);
    expect(await judge.judge(judged(), context)).toEqual({
      ...{ missing: 'all: refusal', replies: ['No.'] },
      // One of the replies has no usage.
      spent: { calls: 2 },
    });
  });

  it('lacks the perspectives of a question without an answer', async () => {
    const answers: Asked[] = [
      good({ scores: { following: 2, preserving: 3 }, feedback: {}, measures: { 'viescore.SC': 4 } }),
      { missing: 'refusal', replies: ['No.'], usages: [] },
    ];
    const { judge } = judgeWith({ protocol: 'viescore-like' }, (_, at) => answers[at]);
    const answer = await judge.judge(judged(), context);
    expect(answer).toMatchObject({
      reward: { scores: { following: 2, preserving: 3 } },
      measures: { 'viescore.SC': 4 },
      missing: 'PQ: refusal',
      replies: ['No.'],
    });
    expect(answer.reward!.scores).not.toHaveProperty('quality');
  });

  it('has the measures derived from all questions', async () => {
    const answers = [{ 'viescore.SC': 4 }, { 'viescore.PQ': 9 }].map((measures, at) =>
      good({ scores: { [PERSPECTIVES[at]]: 1 }, feedback: {}, measures }),
    );
    const { judge } = judgeWith({ protocol: 'viescore-like' }, (_, at) => answers[at]);
    expect(await judge.judge(judged(), context)).toMatchObject({
      measures: { 'viescore.SC': 4, 'viescore.PQ': 9, 'viescore.O': 6 },
    });
  });

  it('waits for all questions if one of them ends the run', async () => {
    let ended = 0;
    const judge = createLanguageModelJudge({
      settings: { ...SETTINGS, protocol: 'real-edit-like', passes: 2 },
      protocol: builtInProtocol('real-edit-like'),
      async ask({ key }) {
        const [first] = await keysOf({ protocol: 'real-edit-like' });
        if (key(0) === first) throw new Error('the budget is used up');
        await new Promise((resolve) => setTimeout(resolve, 20));
        ended += 1;
        return scored(1);
      },
    });
    await expect(judge.judge(judged(), context)).rejects.toThrow('the budget is used up');
    expect(ended).toBe(5);
  });
});
