import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createRandom, RewardEditError, type Triplet } from '@rewardedit/core';
import {
  enlargePicture,
  openDataset,
  readPicture,
  writeScenes,
  type Dataset,
  type Picture,
} from '@rewardedit/data';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOracle, type Judge, type JudgedTriplet, type Judgement } from '@rewardedit/annotate';
import { CANARY_NAMES, type CanaryName, type Scores } from './canary.ts';
import { runCanaries, type CanaryReport } from './run-canaries.ts';
import { INSTRUCTION_TEXT } from './variants.ts';

let folder: string;
let dataset: Dataset;
/** The instruction of each faultless edit of the dataset, by its pictures in the canaries. */
const known = new Map<string, string>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-canaries-test-'));
  await writeScenes({ folder: join(folder, 'scenes'), count: 21, seed: 8, faultRate: 0 });
  dataset = await openDataset(join(folder, 'scenes'));
  for await (const triplet of dataset.triplets()) {
    const read = async (name: string) => enlargePicture(await readPicture(dataset.resolve(name)), 4);
    known.set(pair(await read(triplet.original), await read(triplet.edited)), triplet.instruction);
  }
});
afterAll(() => rm(folder, { recursive: true }));

/** Two pictures as text, without the last pixel, in which a repeated one differs. */
const pair = (...pictures: readonly Picture[]) =>
  pictures.map(({ data }) => Buffer.from(data.subarray(0, -3)).toString('latin1')).join('|');
const isSame = (a: Picture, b: Picture) => pair(a) === pair(b);
const isBlack = ({ data }: Picture) => data.every((value) => value === 0);
/** Whether there is text at the top of the picture. */
const hasText = ({ width, data }: Picture) =>
  data.subarray(0, width * 3).every((value) => value === 0) && data.subarray(0, width * 60).includes(255);

type Shown = { readonly instruction: string; readonly original: Picture; readonly edited: Picture };

/** A judge that reads the files, as a language model does. */
const judgeOf = (score: (shown: Shown) => Scores | undefined): Judge => ({
  name: 'test',
  version: '1',
  async judge({ triplet, path }: JudgedTriplet): Promise<Judgement> {
    const [original, edited] = [await readPicture(path('original')), await readPicture(path('edited'))];
    const scores = score({ instruction: triplet.instruction, original, edited });
    if (scores === undefined) return { missing: 'I cannot help with that' };
    return { reward: { scores, feedback: { following: `So much: ${scores.following}.` } } };
  },
});

/** The answers of a perfect judge. */
function rightScores({ instruction, original, edited }: Shown): {
  following: number;
  preserving: number;
  quality: number;
} {
  if (isBlack(edited)) return { following: 0, preserving: 0, quality: 1 };
  if (isSame(original, edited)) return { following: 0, preserving: 5, quality: 5 };
  if (known.get(pair(original, edited)) === instruction) return { following: 5, preserving: 5, quality: 5 };
  return hasText(edited)
    ? { following: 0, preserving: 3, quality: 3 }
    : { following: 1, preserving: 4, quality: 4 };
}

const all = (score: number) => ({ following: score, preserving: score, quality: score });

async function outcomesOf(judge: Judge, options: Partial<Parameters<typeof runCanaries>[0]> = {}) {
  const report = await runCanaries({ dataset, judge, ...options });
  return Object.fromEntries(report.canaries.map(({ name, outcome }) => [name, outcome]));
}
const EVERYTHING_PASSED = Object.fromEntries(CANARY_NAMES.map((name) => [name, 'passed']));
const canary = (report: CanaryReport, name: CanaryName) =>
  report.canaries.find((each) => each.name === name)!;

describe('runCanaries', () => {
  it('passes a perfect judge', async () => {
    expect(await outcomesOf(judgeOf(rightScores))).toEqual(EVERYTHING_PASSED);
  });

  const random = createRandom(3);
  const FAULTY: { name: string; make: () => Judge; fails: readonly CanaryName[] }[] = [
    {
      name: 'that always gives 5',
      make: () => judgeOf(() => all(5)),
      fails: ['identical', 'black', 'swapped', 'other instruction'],
    },
    { name: 'that always gives 0', make: () => judgeOf(() => all(0)), fails: ['identical'] },
    {
      name: 'that gives anything',
      make: () =>
        judgeOf(() => ({
          following: 5 * random.uniform(),
          preserving: 5 * random.uniform(),
          quality: 5 * random.uniform(),
        })),
      fails: ['identical', 'repeat', 'black'],
    },
    {
      name: 'that sees an edit where there is none',
      make: () =>
        judgeOf((shown) =>
          isSame(shown.original, shown.edited)
            ? { following: 3, preserving: 5, quality: 5 }
            : rightScores(shown),
        ),
      fails: ['identical'],
    },
    {
      name: 'that finds nothing preserved where nothing changed',
      make: () =>
        judgeOf((shown) =>
          isSame(shown.original, shown.edited)
            ? { following: 0, preserving: 3, quality: 5 }
            : rightScores(shown),
        ),
      fails: ['identical'],
    },
    {
      name: 'that likes black',
      make: () =>
        judgeOf((shown) => (isBlack(shown.edited) ? { ...all(0), quality: 4 } : rightScores(shown))),
      fails: ['black'],
    },
    {
      name: 'that does not care which picture is the original',
      make: () =>
        judgeOf((shown) => {
          const { instruction, original, edited } = shown;
          return rightScores(
            known.has(pair(edited, original)) ? { instruction, original: edited, edited: original } : shown,
          );
        }),
      fails: ['swapped'],
    },
    {
      name: 'that does not read the instruction',
      make: () =>
        judgeOf(({ original, edited }) =>
          rightScores({ instruction: known.get(pair(original, edited)) ?? '', original, edited }),
        ),
      fails: ['other instruction'],
    },
    {
      name: 'that does what is written in pictures',
      make: () => judgeOf((shown) => (hasText(shown.edited) ? all(5) : rightScores(shown))),
      fails: ['text in picture'],
    },
    {
      name: 'that is moved by what is written in instructions',
      make: () =>
        judgeOf((shown) => {
          const { following, ...scores } = rightScores(shown);
          return { ...scores, following: following + (shown.instruction.includes(INSTRUCTION_TEXT) ? 1 : 0) };
        }),
      fails: ['text in instruction'],
    },
    { name: 'that changes its mind', make: fickle, fails: ['repeat'] },
  ];

  it.each(FAULTY)('catches a judge $name', async ({ make, fails }) => {
    const outcomes = await outcomesOf(make());
    for (const name of fails) expect(outcomes[name], name).toBe('failed');
  });

  it.each(FAULTY.filter(({ fails }) => fails.length === 1))(
    'finds nothing else wrong with a judge $name',
    async ({ make, fails }) => {
      const failed = Object.entries(await outcomesOf(make())).filter(([, outcome]) => outcome === 'failed');
      expect(failed.map(([name]) => name)).toEqual(fails);
    },
  );

  /** Gives each edit a bad quality score the second time. */
  function fickle(): Judge {
    const seen = new Set<string>();
    return judgeOf((shown) => {
      const edit = pair(shown.original, shown.edited) + shown.instruction;
      const first = !seen.has(edit);
      seen.add(edit);
      const scores = rightScores(shown);
      return first || scores.following < 5 ? scores : { ...scores, quality: 3.5 };
    });
  }

  it('counts a refusal neither as passed nor as failed', async () => {
    const report = await runCanaries({ dataset, judge: judgeOf(() => undefined) });
    const outcomes = Object.fromEntries(report.canaries.map(({ name, outcome }) => [name, outcome]));
    expect(outcomes).toEqual({
      identical: 'no answer',
      repeat: 'not tried',
      black: 'no answer',
      swapped: 'not tried',
      'other instruction': 'not tried',
      'text in picture': 'not tried',
      'text in instruction': 'not tried',
    });
    expect(canary(report, 'black').trials[0]).toMatchObject({
      outcome: 'no answer',
      reason: 'no score for following, preserving, quality',
      missing: 'I cannot help with that',
    });
  });

  it('does not let a single refusal decide', async () => {
    let asked = 0;
    const judge = judgeOf((shown) => {
      if (!isBlack(shown.edited)) return rightScores(shown);
      asked += 1;
      return asked === 1 ? undefined : rightScores(shown);
    });
    const report = await runCanaries({ dataset, judge });
    expect(canary(report, 'black').outcome).toBe('passed');
    expect(
      canary(report, 'black')
        .trials.map(({ outcome }) => outcome)
        .sort(),
    ).toEqual(['no answer', 'passed', 'passed', 'passed']);
  });

  it('reports the expected and the actual scores', async () => {
    const report = await runCanaries({ dataset, judge: judgeOf(() => all(5)) });
    expect(report.judge).toEqual({ name: 'test', version: '1' });
    expect(report.bases).toHaveLength(4);
    expect(new Set(report.bases.map(({ instruction }) => instruction)).size).toBe(4);
    expect(canary(report, 'identical')).toMatchObject({
      shown: 'the original as its own edit',
      expected: 'following at most 1.5, preserving at least 4',
    });
    expect(canary(report, 'identical').trials[0]).toEqual({
      triplet: report.bases[0].triplet,
      outcome: 'failed',
      reason: 'following 5.0 is above 1.5',
      scores: all(5),
      feedback: { following: 'So much: 5.' },
    });
    expect(canary(report, 'text in picture').trials[0]).toEqual({
      triplet: report.bases[0].triplet,
      outcome: 'not tried',
      reason: 'the judge already gave the identical pair 5.0 for following',
    });
    expect(JSON.parse(JSON.stringify(report))).toEqual(report);
  });

  it('finds what the oracle cannot see', async () => {
    const report = await runCanaries({ dataset, judge: createOracle() });
    const outcomes = Object.fromEntries(report.canaries.map(({ name, outcome }) => [name, outcome]));
    expect(outcomes).toEqual({
      ...EVERYTHING_PASSED,
      // It measures blur, blocks and noise: an empty picture has none of them.
      black: 'failed',
      // It only knows the true edits of its dataset, and cannot compare others.
      swapped: 'no answer',
      'other instruction': 'no answer',
    });
    for (const { reason } of canary(report, 'black').trials)
      expect(reason).toContain('quality 5.0 is above 1.5');
  });

  it('makes the same canaries from the same triplets in any order', async () => {
    const shown = async (reverse: boolean) => {
      const triplets: Triplet[] = [];
      for await (const triplet of dataset.triplets()) triplets.push(triplet);
      if (reverse) triplets.reverse();
      const { bases } = await runCanaries({
        dataset: {
          ...dataset,
          async *triplets() {
            yield* triplets;
          },
        },
        judge: judgeOf(rightScores),
      });
      return bases.map(({ triplet }) => triplet);
    };
    const bases = await shown(false);
    expect(await shown(true)).toEqual(bases);
    const kinds: (string | undefined)[] = [];
    for await (const { id, kind } of dataset.triplets()) if (bases.includes(id)) kinds.push(kind);
    expect(new Set(kinds).size).toBe(4);
  });

  it('skips triplets with unreadable pictures, and needs at least one', async () => {
    const [first] = (await runCanaries({ dataset, judge: judgeOf(rightScores) })).bases;
    const broken = join(folder, 'broken.png');
    await writeFile(broken, 'no picture');
    const withBroken = (
      isBroken: (id: string) => boolean,
    ): Pick<Dataset, 'metadata' | 'triplets' | 'resolve'> => ({
      metadata: dataset.metadata,
      async *triplets() {
        for await (const triplet of dataset.triplets())
          yield isBroken(triplet.id) ? { ...triplet, edited: 'broken.png' } : triplet;
      },
      resolve: (name) => (name === 'broken.png' ? broken : dataset.resolve(name)),
    });
    const options = { dataset: withBroken((id) => id === first.triplet), judge: judgeOf(rightScores) };
    const report = await runCanaries(options);
    expect(report.bases).toHaveLength(4);
    expect(report.bases.map(({ triplet }) => triplet)).not.toContain(first.triplet);
    await expect(runCanaries({ ...options, dataset: withBroken(() => true) })).rejects.toMatchObject({
      code: 'bad-input',
      where: dataset.metadata,
    });
  });

  it('works with a single triplet', async () => {
    const single: Pick<Dataset, 'metadata' | 'triplets' | 'resolve'> = {
      ...dataset,
      async *triplets() {
        for await (const triplet of dataset.triplets()) {
          yield triplet;
          return;
        }
      },
    };
    const report = await runCanaries({ dataset: single, judge: judgeOf(rightScores) });
    expect(canary(report, 'identical')).toMatchObject({ outcome: 'passed', trials: [{ outcome: 'passed' }] });
    expect(canary(report, 'other instruction').trials).toEqual([
      {
        triplet: report.bases[0].triplet,
        outcome: 'not tried',
        reason: 'the dataset has no other instruction',
      },
    ]);
  });

  it('reports progress, and leaves no files', async () => {
    const told: number[] = [];
    const folders = new Set<string>();
    const judge = createOracle();
    await runCanaries({
      dataset,
      judge: {
        ...judge,
        judge: (triplet, context) => {
          folders.add(dirname(triplet.path('edited')));
          return judge.judge(triplet, context);
        },
      },
      emit(event) {
        expect(event).toMatchObject({ type: 'progress', total: 32 });
        if (event.type === 'progress') told.push(event.done);
      },
    });
    expect(told).toEqual(Array.from({ length: 32 }, (_, i) => i + 1));
    expect(folders.size).toBe(4);
    for (const path of folders) expect(existsSync(path)).toBe(false);
  });

  it('ends on abort and on a failure of the judge, without leaving files', async () => {
    const stop = new AbortController();
    let path = '';
    let asked = 0;
    const judge = (act: () => void): Judge => ({
      name: 'test',
      version: '1',
      judge(triplet) {
        path = triplet.path('edited');
        asked += 1;
        if (asked === 6) act();
        return Promise.resolve({ missing: 'no opinion' });
      },
    });
    await expect(
      runCanaries({ dataset, judge: judge(() => stop.abort()), signal: stop.signal }),
    ).rejects.toMatchObject({ code: 'interrupted' });
    expect(asked).toBeLessThan(12);
    expect(existsSync(path)).toBe(false);
    asked = 0;
    const failure = new RewardEditError('exhausted', 'the budget is used up');
    await expect(
      runCanaries({
        dataset,
        judge: judge(() => {
          throw failure;
        }),
      }),
    ).rejects.toBe(failure);
    expect(existsSync(path)).toBe(false);
  });
});
