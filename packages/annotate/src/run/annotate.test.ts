import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import {
  appendFile,
  cp,
  mkdir,
  mkdtemp,
  readFile,
  rm,
  stat,
  truncate,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RewardEditError, type EventBody, type Triplet } from '@rewardedit/core';
import { openDataset, writeScenes, type Dataset } from '@rewardedit/data';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { annotate, type AnnotateOptions } from './annotate.ts';
import type { Judge } from '../judges/judge.ts';
import { createOracle } from '../oracle/oracle.ts';
import { createRewriteOracle } from '../oracle/rewrite-oracle.ts';
import { readRewards } from '../answers/rewards.ts';
import { RunEndingError } from '../judges/run-ending-error.ts';

const COUNT = 12;

let folder: string;
let dataset: Dataset;
let journal: string;
let runs = 0;
/** The journal of `slowJudge`, from an uninterrupted run that judged one triplet at a time. */
let whole: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-annotate-'));
  await writeScenes({ folder: join(folder, 'scenes'), count: COUNT, seed: 5 });
  dataset = await openDataset(join(folder, 'scenes'));
  const path = join(folder, 'whole', 'rewards.jsonl');
  await annotate({ dataset, judge: slowJudge, journal: path, concurrency: 1 });
  whole = await readFile(path, 'utf8');
});
afterAll(() => rm(folder, { recursive: true }));
beforeEach(() => {
  runs += 1;
  journal = join(folder, `run-${runs}`, 'rewards.jsonl');
});

const read = () => readFile(journal, 'utf8');
const ids = async () => {
  const found: string[] = [];
  for await (const { id } of dataset.triplets()) found.push(id);
  return found;
};
const metadataOf = async (of: Dataset) => {
  const found: Triplet[] = [];
  for await (const triplet of of.triplets()) found.push(triplet);
  return found;
};
const numberOf = (id: string) => Number(id.slice(id.lastIndexOf('-') + 1));

/** A judge that answers groups in reverse order, and has no answer for every fifth triplet. */
const slowJudge: Judge = {
  name: 'slow',
  version: '1',
  async judge({ triplet }) {
    const number = numberOf(triplet.id);
    await new Promise((resolve) => setTimeout(resolve, 4 - (number % 4)));
    if (number % 5 === 4) return { missing: 'no opinion' };
    return {
      reward: { scores: { following: number % 6 }, feedback: { following: `${triplet.instruction}.` } },
    };
  },
};

const run = (options: Partial<AnnotateOptions> = {}) =>
  annotate({ dataset, judge: slowJudge, journal, ...options });

describe('annotate', () => {
  it('judges every triplet and ends with the answers in the order of the dataset, whatever their order of arrival', async () => {
    const events: EventBody[] = [];
    const summary = await run({ concurrency: 4, emit: (event) => void events.push(event) });
    expect(summary).toEqual({ judged: 10, quarantined: 2, answeredBefore: 0 });
    const lines = (await read()).trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { id: string }).id)).toEqual(await ids());
    expect(await read()).toBe(whole);
    expect(events[0]).toEqual({ type: 'progress', done: 0, before: 0 });
    expect(events.slice(1).map((event) => 'done' in event && event.done)).toEqual(
      Array.from({ length: COUNT }, (_, i) => i + 1),
    );
    const told = new Map(events.slice(1).map((event) => ['id' in event && event.id, event.type]));
    for (const id of await ids())
      expect(told.get(id)).toBe(numberOf(id) % 5 === 4 ? 'quarantined' : 'judged');
    expect(events).toHaveLength(1 + COUNT);
    const rewards = await readRewards(journal);
    expect(rewards.size).toBe(10);
    expect(rewards.get((await ids())[1])).toMatchObject({
      scores: { following: 1 },
      judge: { name: 'slow', version: '1' },
    });
  });

  it('reports how many triplets of the dataset already have an answer', async () => {
    const stop = new AbortController();
    await run({
      signal: stop.signal,
      emit: ({ type }) => {
        if (type === 'judged') stop.abort();
      },
    }).catch(() => undefined);
    const answered = (await read()).trimEnd().split('\n').length;
    expect(answered).toBeLessThan(COUNT);
    await appendFile(journal, '{"id":"of another dataset","missing":"?"}\n');
    const events: EventBody[] = [];
    await run({ emit: (event) => void events.push(event) });
    expect(events).toHaveLength(1 + COUNT - answered);
    expect(events[0]).toEqual({ type: 'progress', done: answered, before: answered });
    events.length = 0;
    await run({ emit: (event) => void events.push(event) });
    expect(events).toEqual([{ type: 'progress', done: COUNT, before: COUNT }]);
  });

  it('has no more triplets under way than allowed', async () => {
    let underWay = 0;
    let most = 0;
    const counting: Judge = {
      ...slowJudge,
      async judge(triplet, context) {
        most = Math.max(most, ++underWay);
        const judgement = await slowJudge.judge(triplet, context);
        underWay -= 1;
        return judgement;
      },
    };
    await run({ judge: counting, concurrency: 3 });
    expect(most).toBe(3);
  });

  it('never shows a judge the known faults or an earlier reward', async () => {
    const seen: string[] = [];
    const curious: Judge = {
      ...slowJudge,
      judge({ triplet }) {
        seen.push(...Object.keys(triplet));
        return Promise.resolve({ missing: 'just looking' });
      },
    };
    await run({ judge: curious });
    expect(new Set(seen)).toEqual(
      new Set(['id', 'instruction', 'original', 'edited', 'truth', 'kind', 'description', 'flippable']),
    );
  });

  it.each(Array.from({ length: COUNT + 1 }, (_, n) => n))(
    'stopped after %d answers and continued, it ends with the same journal',
    async (answers) => {
      const stop = new AbortController();
      if (answers === 0) stop.abort();
      let given = 0;
      const emit = ({ type }: EventBody) => {
        if (type === 'progress') return;
        given += 1;
        if (given === answers) stop.abort();
      };
      const first = run({ concurrency: 3, emit, signal: stop.signal }).catch((error: unknown) => error);
      const outcome = await first;
      const interrupted = {
        code: 'interrupted',
        where: journal,
        hint: 'the same command continues from there',
      };
      const finished = { judged: 10 };
      expect(outcome).toMatchObject(given < COUNT ? interrupted : finished);
      const { answeredBefore } = await run();
      expect(answeredBefore).toBe(given);
      expect(await read()).toBe(whole);
    },
  );

  it('continues after a torn last line', async () => {
    await run();
    await truncate(journal, whole.length - 20);
    expect(await run()).toMatchObject({ answeredBefore: COUNT - 1 });
    expect(await read()).toBe(whole);
  });

  it('ends with the same journal when killed at any moment and continued', async () => {
    const plain: Judge = {
      name: 'plain',
      version: '1',
      judge: ({ triplet }) =>
        Promise.resolve({ reward: { scores: { quality: numberOf(triplet.id) % 6 }, feedback: {} } }),
    };
    for (const answers of [1, 4]) await killRunAfter(answers);
    const { answeredBefore } = await run({ judge: plain });
    expect(answeredBefore).toBeGreaterThanOrEqual(1 + 4);
    const continued = await read();
    await rm(journal);
    await run({ judge: plain });
    expect(continued).toBe(await read());
  });

  it('sets a triplet with an unreadable picture aside until the picture can be read or a retry is requested', async () => {
    const broken = {
      ...dataset,
      resolve: (name: string) => dataset.resolve(name.replace(/000003-edited/, 'none')),
    };
    const events: EventBody[] = [];
    const oracle = createOracle();
    const quarantine = join(journal, '..', 'quarantine.jsonl');
    const first = await run({ dataset: broken, judge: oracle, emit: (event) => void events.push(event) });
    expect(first).toEqual({ judged: COUNT - 1, quarantined: 1, answeredBefore: 0 });
    const [, , , fourth] = await ids();
    const aside = { id: fourth, reason: expect.stringMatching(/none\.png: /) };
    expect(JSON.parse(await readFile(quarantine, 'utf8'))).toEqual(aside);
    expect(events).toContainEqual({ type: 'quarantined', ...aside, done: expect.any(Number) });
    expect(await readRewards(journal)).not.toContain(fourth);

    const counts = (judged: number, quarantined: number) => ({
      ...{ judged, quarantined },
      answeredBefore: COUNT - judged - quarantined,
    });
    expect(await run({ dataset: broken, judge: oracle })).toEqual(counts(0, 0));
    expect(await run({ dataset: broken, judge: oracle, retryQuarantined: true })).toEqual(counts(0, 1));
    expect(await run({ judge: oracle })).toEqual(counts(1, 0));
    expect(await readFile(quarantine, 'utf8')).toBe('');
    expect((await readRewards(journal)).size).toBe(COUNT);
    const whole = await read();
    await rm(journal);
    await run({ judge: oracle });
    expect(await read()).toBe(whole);
  });

  it('keeps a reward that lacks a perspective, sets it aside as well, and says so to the judge on a retry', async () => {
    const again: boolean[] = [];
    const partial: Judge = {
      ...slowJudge,
      judge: (_triplet, context) => {
        again.push(context.again ?? false);
        return Promise.resolve({
          reward: { scores: { quality: 2 }, feedback: {} },
          missing: 'following: refused',
          replies: ['no'],
          measures: { psnr: 31 },
        });
      },
    };
    expect(await run({ judge: partial })).toEqual({ judged: 0, quarantined: COUNT, answeredBefore: 0 });
    const [line] = (await read()).split('\n');
    expect(JSON.parse(line)).toEqual({
      id: (await ids())[0],
      inputs: {
        instruction: expect.stringMatching(/^[0-9a-f]{32}$/),
        kind: expect.any(String),
        original: expect.stringMatching(/^[0-9a-f]{32}$/),
        edited: expect.stringMatching(/^[0-9a-f]{32}$/),
      },
      reward: { scores: { quality: 2 }, feedback: {}, judge: { name: 'slow', version: '1' } },
      missing: 'following: refused',
      measures: { psnr: 31 },
    });
    const [aside] = (await readFile(join(journal, '..', 'quarantine.jsonl'), 'utf8')).split('\n');
    expect(JSON.parse(aside)).toEqual({
      id: (await ids())[0],
      reason: 'following: refused',
      replies: ['no'],
    });
    await run({ judge: partial, retryQuarantined: true });
    expect(again).toEqual([...Array<boolean>(COUNT).fill(false), ...Array<boolean>(COUNT).fill(true)]);
    expect((await readRewards(journal)).size).toBe(COUNT);
    expect((await read()).trimEnd().split('\n')).toHaveLength(COUNT);
  });

  it('ends with the error that a judge throws, keeps earlier answers, and stops the other calls', async () => {
    const signals: AbortSignal[] = [];
    const failing: Judge = {
      ...slowJudge,
      judge(triplet, { signal, cancel }) {
        signals.push(signal);
        if (numberOf(triplet.triplet.id) === 5)
          throw new RewardEditError('exhausted', 'the budget is used up');
        return slowJudge.judge(triplet, { signal, cancel });
      },
    };
    await expect(run({ judge: failing, concurrency: 3 })).rejects.toMatchObject({ code: 'exhausted' });
    expect((await read()).split('\n').length).toBeGreaterThanOrEqual(4);
    expect(signals.every(({ aborted }) => aborted)).toBe(true);
    await run();
    expect(await read()).toBe(whole);
  });

  it('sets a triplet aside for bad input in it, and ends if no other would succeed', async () => {
    const judge = (error: Error): Judge => ({
      ...slowJudge,
      judge: async () => {
        throw error;
      },
    });
    const concerning = judge(new RewardEditError('bad-input', 'damaged', { where: 'a.png' }));
    expect(await run({ judge: concerning })).toMatchObject({ judged: 0, quarantined: COUNT });
    expect(await read()).toContain('"missing":"a.png: damaged"');
    await rm(journal);
    const ending = judge(new RunEndingError('bad-input', 'no such model'));
    await expect(run({ judge: ending })).rejects.toMatchObject({
      code: 'bad-input',
      message: 'no such model',
    });
    expect(await read()).toBe('');
  });

  it('rejects an invalid reward', async () => {
    const wrong: Judge = {
      ...slowJudge,
      judge: () => Promise.resolve({ reward: { scores: { quality: Number.NaN }, feedback: {} } }),
    };
    await expect(run({ judge: wrong })).rejects.toThrow(/quality/);
    expect(await read()).toBe('');
    const measure = () => Promise.resolve({ psnr: Number.POSITIVE_INFINITY });
    await expect(run({ measure })).rejects.toThrow(/psnr/);
    expect(await read()).not.toContain('psnr');
  });

  it("refuses to continue another judge's journal", async () => {
    await run();
    const newer = { ...slowJudge, version: '2' };
    await expect(run({ judge: newer })).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('slow 1, not slow 2'),
      where: journal,
    });
  });

  describe('with a triplet that has changed since it was judged', () => {
    /** The dataset with another instruction for one triplet, and another picture in place of one. */
    const changed = (): Dataset => ({
      ...dataset,
      async *triplets() {
        for await (const triplet of dataset.triplets()) {
          const number = numberOf(triplet.id);
          if (number === 1) yield { ...triplet, instruction: 'make it blue' };
          else if (number === 2) yield { ...triplet, edited: triplet.original };
          else if (number === 4) yield { ...triplet, truth: triplet.original };
          else yield triplet;
        }
      },
    });
    const warnings: string[] = [];
    const emit = (event: EventBody) => void (event.type === 'warning' && warnings.push(event.message));
    beforeEach(() => {
      warnings.length = 0;
    });

    it('asks again about it, and ends with one answer each', async () => {
      await run();
      const asked: string[] = [];
      const judge: Judge = {
        ...slowJudge,
        judge(triplet, context) {
          asked.push(triplet.triplet.id);
          return slowJudge.judge(triplet, context);
        },
      };
      const summary = await run({ judge, dataset: changed(), emit });
      expect(summary).toEqual({ judged: 2, quarantined: 0, answeredBefore: COUNT - 2 });
      expect(new Set(asked.map(numberOf))).toEqual(new Set([1, 2]));
      expect(warnings).toEqual([expect.stringMatching(/have changed since they were answered: 2\. .*again/)]);
      expect((await read()).trimEnd().split('\n')).toHaveLength(COUNT);
      await rm(journal);
      const continued = await run({ dataset: changed() });
      expect(continued.answeredBefore).toBe(0);
    });

    it('keeps its answer if told, and says so', async () => {
      await run();
      const before = await read();
      const summary = await run({ dataset: changed(), keepChanged: true, emit });
      expect(summary.answeredBefore).toBe(COUNT);
      expect(warnings).toEqual([expect.stringContaining('Their answers are kept.')]);
      expect(await read()).toBe(before);
    });

    it('includes the true edit if the judge looks at it', async () => {
      await run({ judge: createOracle() });
      expect(await run({ judge: createOracle(), dataset: changed() })).toMatchObject({
        answeredBefore: COUNT - 3,
      });
    });

    it('is not misled by a file of the same size and time', async () => {
      const copy = join(folder, 'copy');
      await cp(dataset.folder, copy, { recursive: true });
      const copied = await openDataset(copy);
      await annotate({ dataset: copied, judge: slowJudge });
      const [first] = await metadataOf(copied);
      const path = copied.resolve(first.edited);
      const [bytes, { atime, mtime }] = [await readFile(path), await stat(path)];
      bytes[bytes.length - 1] ^= 1;
      await writeFile(path, bytes);
      await utimes(path, atime, mtime);
      const again = await annotate({ dataset: copied, judge: slowJudge });
      expect(again.answeredBefore).toBe(COUNT - 1);
    });

    it('accepts answers of older versions, which do not say what they are about', async () => {
      await run();
      const older = (await read())
        .replaceAll(/"inputs":\{[^}]*\},/g, '')
        .replaceAll(/"judge":\{[^}]*\},"missing"/g, '"missing"');
      expect(older).not.toContain('inputs');
      await writeFile(journal, older);
      expect(await run({ dataset: changed() })).toMatchObject({ answeredBefore: COUNT });
      expect(await read()).toBe(older);
    });
  });

  it('adopts rewards of others if told, once and for all', async () => {
    const [first, second, third] = await ids();
    const reward = { scores: { following: 4 }, feedback: {} };
    const imported = [
      { id: first, reward },
      { id: second, reward: { ...reward, judge: { name: 'gpt', version: '4', temperature: 0 } } },
      { id: third, missing: 'refused', judge: { name: 'gpt', version: '4' } },
    ];
    await mkdir(join(journal, '..'));
    await writeFile(journal, imported.map((line) => `${JSON.stringify(line)}\n`).join(''));
    await expect(run()).rejects.toMatchObject({
      code: 'bad-input',
      hint: expect.stringContaining('--adopt'),
    });
    expect(await run({ adopt: true })).toMatchObject({ answeredBefore: 2 });
    const lines = (await read())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object);
    const inputs = expect.objectContaining({ edited: expect.any(String) });
    expect(lines[0]).toEqual({
      ...{ id: first, inputs, adopted: true },
      reward: { ...reward, judge: { name: 'imported', version: 'unknown' } },
    });
    expect(lines[1]).toMatchObject({ ...imported[1], inputs, adopted: true });
    expect(lines[2]).toMatchObject({ id: third, inputs, reward: { judge: { name: 'slow' } } });
    expect(await run()).toMatchObject({ answeredBefore: COUNT });
  });

  it('counts the last of several lines about a triplet, but no missing reward after a reward', async () => {
    await run();
    const ordered = await read();
    const lines = ordered.trimEnd().split('\n');
    const lacking = JSON.stringify({
      ...(JSON.parse(lines[0]) as object),
      reward: undefined,
      missing: 'cut off',
    });
    await appendFile(journal, `${lacking}\n${lines[1]}\n`);
    expect(await run()).toMatchObject({ answeredBefore: COUNT });
    expect(await read()).toBe(ordered);
  });

  it.each([
    ['a true edit', createOracle(), 'true edits'],
    ['noted instructions', createRewriteOracle({ rectify: true, contrast: 0 }), 'noted instructions'],
  ])('refuses the oracle before writing anything if no triplet has %s', async (_what, judge, message) => {
    const without: Dataset = {
      ...dataset,
      async *triplets() {
        for await (const { truth: _truth, ...triplet } of dataset.triplets()) yield triplet;
      },
    };
    await expect(run({ dataset: without, judge })).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining(message),
      hint: expect.stringContaining('--judge'),
    });
    expect(existsSync(join(journal, '..'))).toBe(false);
  });

  it('rejects a dataset in which two triplets have the same id', async () => {
    const twice = {
      ...dataset,
      async *triplets() {
        yield* dataset.triplets();
        yield* dataset.triplets();
      },
    };
    await expect(run({ dataset: twice })).rejects.toMatchObject({
      code: 'bad-input',
      message: `two triplets have the id ${(await ids())[0]}`,
      where: dataset.metadata,
    });
  });

  it('writes the same journal for the same triplets with the oracle', async () => {
    await run({ judge: createOracle() });
    const first = await read();
    await rm(journal);
    await run({ judge: createOracle(), concurrency: 1 });
    expect(await read()).toBe(first);
  });
});

/** Starts annotating with the judge `plain` in a separate process, and kills it after so many new answers. */
async function killRunAfter(answers: number): Promise<void> {
  const script = `
    import { openDataset } from '@rewardedit/data';
    import { annotate } from ${JSON.stringify(new URL('./annotate.ts', import.meta.url).href)};
    const numberOf = (id) => Number(id.slice(id.lastIndexOf('-') + 1));
    let calls = 0;
    await annotate({
      dataset: await openDataset(process.argv[1]),
      journal: process.argv[2],
      concurrency: 3,
      emit: ({ type }) => void (type === 'judged' && process.stdout.write('.')),
      judge: {
        name: 'plain',
        version: '1',
        async judge({ triplet }) {
          calls += 1;
          // Hangs once enough calls are under way, so that the run cannot end before it is killed.
          await new Promise((resolve) => setTimeout(resolve, calls > ${answers + 2} ? 1e9 : 20));
          return { reward: { scores: { quality: numberOf(triplet.id) % 6 }, feedback: {} } };
        },
      },
    });`;
  const packageFolder = new URL('..', import.meta.url);
  const child = spawn(process.execPath, ['--input-type=module', '-e', script, dataset.folder, journal], {
    cwd: packageFolder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    printed += chunk.length;
    if (printed >= answers) child.kill('SIGKILL');
  });
  const [, signal] = await once(child, 'close');
  expect(signal).toBe('SIGKILL');
}
