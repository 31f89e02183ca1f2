import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom, type EditKind } from '@rewardedit/core';
import { blankPicture, encodePng } from '@rewardedit/data';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { measureEdits } from '../measures/measure-edits.ts';
import { readMetrics } from '../measures/metrics-journal.ts';
import { compareRuns } from './compare.ts';
import { openEvalRun } from './open-run.ts';
import { readRunItems, type RunItem } from './read-run.ts';
import { summarize } from './summarize.ts';

const KINDS: readonly EditKind[] = ['local', 'remove', 'style'];

/** Sixty edits of twenty photos; the last ten lack a score. */
function drawItems(seed: number): RunItem[] {
  const random = createRandom(seed, 'items');
  return Array.from({ length: 60 }, (_, i) => ({
    id: `item ${i}`,
    instruction: `edit ${i}`,
    kind: KINDS[i % 3],
    cluster: `photo ${Math.floor(i / 3)}`,
    values: {
      'source.psnr': 20 + random.normal(),
      ...(i < 50 && { overall: 5 * random.uniform(), right: random.integer(2) }),
    },
  }));
}

const options = { seed: 0, resamples: 500 };
const find = (items: readonly RunItem[], group: string, column: string, absent = 0) =>
  summarize(items, { ...options, absent: Array.from({ length: absent }, (_, i) => ({ id: `${i}` })) })
    .find((each) => each.group === group)!
    .columns.find((each) => each.column === column)!;

describe('summarize', () => {
  it('returns mean, N and missing, and the worst case', () => {
    const items = drawItems(1);
    const overall = find(items, 'all', 'overall', 5);
    const values = items.flatMap(({ values }) => values['overall'] ?? []);
    const sum = values.reduce((total, value) => total + value, 0);
    expect(overall).toMatchObject({ count: 50, missing: 15 });
    expect(overall.mean).toBeCloseTo(sum / 50, 12);
    expect(overall.worstCase).toBeCloseTo(sum / 65, 12);
    expect(overall.interval![0]).toBeLessThan(overall.mean!);
    // A PSNR has no worst case.
    expect(find(items, 'all', 'source.psnr')).not.toHaveProperty('worstCase');
  });

  it('does the same by kind', () => {
    const groups = summarize(drawItems(1), options);
    expect(groups.map(({ group, items }) => [group, items])).toEqual([
      ['all', 60],
      ['local', 20],
      ['remove', 20],
      ['style', 20],
    ]);
  });

  it('is bit-identical for any order of the items', () => {
    const items = drawItems(1);
    const shuffled = createRandom(9, 'order').shuffle([...items]);
    expect(summarize(shuffled, options)).toEqual(summarize(items, options));
  });
});

describe('compareRuns', () => {
  const compare = (base: readonly RunItem[], other: readonly RunItem[]) =>
    compareRuns({ name: 'base', items: base }, [{ name: 'other', items: other }], {
      columns: ['overall', 'source.psnr'],
      seed: 0,
    });

  it('finds exactly zero between a run and itself', () => {
    const items = drawItems(1);
    for (const difference of compare(items, items).differences) {
      expect(difference).toMatchObject({ mean: 0, interval: [0, 0], pValue: 1, correctedPValue: 1 });
      expect(difference).toMatchObject({ wins: 0, losses: 0, ties: difference.count });
    }
  });

  it('corrects for the number of comparisons, and lists what was not compared', () => {
    const base = drawItems(1);
    const other = base.slice(1).map((item, i) => ({
      ...item,
      instruction: i === 0 ? 'another' : item.instruction,
      values: { ...item.values, 'source.psnr': item.values['source.psnr'] + 0.1 },
    }));
    const { differences, notCompared } = compare(base, other);
    expect(notCompared).toEqual([
      { run: 'other', id: 'item 0', reason: 'only base has it' },
      { run: 'other', id: 'item 1', reason: 'the instructions differ' },
    ]);
    const psnr = differences.find(({ column }) => column === 'source.psnr')!;
    expect(psnr).toMatchObject({ count: 58, wins: 58, losses: 0 });
    expect(psnr.mean).toBeCloseTo(0.1, 10);
    expect(psnr.correctedPValue).toBeCloseTo(2 * psnr.pValue, 12);
  });

  it('counts a smaller distance as a win', () => {
    const base = [{ ...drawItems(1)[0], values: { 'truth.l1': 0.2 } }];
    const other = [{ ...base[0], values: { 'truth.l1': 0.1 } }];
    const { differences } = compareRuns({ name: 'base', items: base }, [{ name: 'other', items: other }], {
      columns: ['truth.l1'],
      seed: 0,
    });
    expect(differences[0]).toMatchObject({ wins: 1, losses: 0, interval: null });
  });
});

describe("a run's folder", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rewardedit-results-'));
    const write = (name: string, level: number, width = 32) =>
      writeFile(join(folder, name), encodePng(blankPicture(width, 32, [level, level, level])));
    await Promise.all([write('o.png', 100), write('t.png', 200), write('e.png', 190), write('w.png', 0, 48)]);
    const rows = [
      {
        id: 'a',
        instruction: 'x',
        kind: 'add',
        original_file_name: 'o.png',
        edited_file_name: 'e.png',
        truth_file_name: 't.png',
      },
      { id: 'b', instruction: 'y', original_file_name: 'o.png', edited_file_name: 'w.png' },
    ];
    await writeFile(join(folder, 'metadata.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is reported as missing if it does not exist', async () => {
    await expect(openEvalRun('runs/nowhere')).rejects.toMatchObject({
      ...{ code: 'bad-input', message: 'there is no file or folder with this name', where: 'runs/nowhere' },
    });
  });

  it("is measured once, and read with its judge's scores and answers", async () => {
    await measureEdits({ folder, perceptual: [] });
    const metrics = await readMetrics(folder);
    expect(metrics.get('a')!.metrics).toMatchObject({ right: 1, 'truth.l1': expect.closeTo(10 / 255, 12) });
    expect(metrics.get('b')).toEqual({
      id: 'b',
      metrics: {},
      missing: 'the pictures differ in shape: 48x32 and 32x32 pixels',
    });
    let calls = 0;
    const network = {
      name: 'lpips',
      columnOf: () => 'source.lpips',
      measure: () => Promise.resolve({ 'source.lpips': (calls += 1) }),
      dispose: () => Promise.resolve(),
    };
    // Measured again with an additional network, and then never again.
    for (let i = 0; i < 2; i++) await measureEdits({ folder, perceptual: [network] });
    expect(calls).toBe(1);
    expect((await readMetrics(folder)).get('a')!.metrics).toMatchObject({ right: 1, 'source.lpips': 1 });
    const reward = { scores: { following: 4, preserving: 2, quality: 3 }, feedback: {} };
    await writeFile(
      join(folder, 'rewards.jsonl'),
      `${JSON.stringify({ id: 'a', reward, measures: { 'real-edit.following': 1, calls: 3 } })}\n`,
    );
    const [first, second] = await readRunItems(folder);
    expect(first.values).toMatchObject({ overall: 3, following: 4, 'real-edit.following': 1, right: 1 });
    expect(first.values).not.toHaveProperty('calls');
    expect(first.pictures.original).toMatch(/o\.png$/);
    expect(second).toMatchObject({
      id: 'b',
      instruction: 'y',
      kind: undefined,
      cluster: 'o.png',
      values: {},
    });
  });
});
