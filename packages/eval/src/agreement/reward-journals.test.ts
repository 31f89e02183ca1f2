import type { Perspective } from '@rewardedit/core';
import { describe, expect, it } from 'vitest';
import type { Comparison } from './ratings.ts';
import { readRatings } from './read-ratings.ts';
import { temporaryFiles } from './temporary-file.test.helper.ts';

const none = Number.NaN;

type Scores = Partial<Record<Perspective, number>>;

function answer(id: string, scores: Scores, name = 'oracle', version = '1') {
  return { id, reward: { scores, feedback: {}, judge: { name, version } } };
}
const full = (following: number): Scores => ({ following, preserving: 5, quality: 4 });

const valuesOf = ({ reference, judge }: Comparison, perspective: string) =>
  [reference, judge].map((rater) => [...rater.values(perspective)]);

describe('readRewardJournals', () => {
  it('joins two journals by id; overall is the mean of the scores where all three are there', async () => {
    const paths = await temporaryFiles({
      'a.jsonl': [answer('x', full(3)), answer('y', { following: 1 }), { id: 'z', missing: 'refused' }],
      'b.jsonl': [answer('z', full(0), 'other'), answer('x', full(5), 'other')],
    });
    const { comparisons, perspectives, items } = await readRatings(paths);
    expect(perspectives).toEqual(['following', 'preserving', 'quality', 'overall']);
    expect(items).toMatchObject({ count: 3, groups: ['all'] });
    const [comparison, ...rest] = comparisons;
    expect(rest).toEqual([]);
    expect(comparison.reference.name).toBe(`oracle 1 (${paths[0]})`);
    expect(comparison.judge.name).toBe(`other 1 (${paths[1]})`);
    expect(valuesOf(comparison, 'following')).toEqual([
      [3, 1, none],
      [5, none, 0],
    ]);
    expect(valuesOf(comparison, 'overall')).toEqual([
      [4, none, none],
      [14 / 3, none, 3],
    ]);
  });

  it('holds judges against corrections, in which later lines count and perspectives may be absent', async () => {
    const paths = await temporaryFiles({
      'rewards.jsonl': [answer('x', full(3)), answer('y', full(2))],
      'corrections.jsonl': [
        { ...answer('x', full(0), 'human', 'ann'), time: '2026-01-01T00:00:00Z' },
        answer('y', { quality: 1 }, 'human', 'ben'),
        answer('x', { following: 4 }, 'human', 'ann'),
      ],
      'other.jsonl': [answer('x', full(1), 'other')],
    });
    const { comparisons } = await readRatings(paths);
    expect(comparisons.map(({ judge, reference }) => [judge.name, reference.name])).toEqual([
      [`oracle 1 (${paths[0]})`, `human (${paths[1]})`],
      [`other 1 (${paths[2]})`, `human (${paths[1]})`],
      [`other 1 (${paths[2]})`, `oracle 1 (${paths[0]})`],
    ]);
    expect(valuesOf(comparisons[0], 'following')).toEqual([
      [4, none],
      [3, 2],
    ]);
    expect(valuesOf(comparisons[0], 'preserving')[0]).toEqual([none, none]);
    expect(valuesOf(comparisons[0], 'quality')[0]).toEqual([none, 1]);
  });

  it('puts triplets in groups by the kind of edit that a dataset has for them', async () => {
    const triplet = (id: string, kind?: string) => ({
      id,
      kind,
      instruction: 'i',
      original_file_name: 'o.png',
      edited_file_name: 'e.png',
    });
    const [metadata, ...paths] = await temporaryFiles({
      'metadata.jsonl': [triplet('unjudged', 'add'), triplet('x', 'style'), triplet('y')],
      'a.jsonl': [answer('gone', full(1)), answer('x', full(1)), answer('y', full(1))],
      'b.jsonl': [answer('x', full(1))],
    });
    const { items } = await readRatings(paths, { dataset: metadata });
    expect(items.groups).toEqual(['style', 'without a kind', 'not in the dataset']);
    expect(items.group).toEqual(Int32Array.of(2, 0, 1));
  });

  it('leaves out a last line that breaks off, as a killed writer leaves it', async () => {
    const line = JSON.stringify(answer('x', full(1)));
    const paths = await temporaryFiles({ 'a.jsonl': `${line}\n{"id":"y"`, 'b.jsonl': `${line}\n` });
    expect((await readRatings(paths)).items.count).toBe(1);
  });

  it.each([
    ['the answer of another version', answer('y', full(2), 'oracle', '2'), 'is by oracle 2'],
    ['the answer of another judge', answer('y', full(2), 'human'), 'is by human'],
    ['a score above the scale', answer('y', full(6)), 'reward'],
    ['a line of another form', { uid: 'y', editor: 'e' }, 'this line is invalid'],
  ])('refuses %s, and names the line', async (_, bad, message) => {
    const paths = await temporaryFiles({
      'a.jsonl': [answer('x', full(1)), bad],
      'b.jsonl': [answer('x', full(1))],
    });
    await expect(readRatings(paths)).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining(message),
      where: `${paths[0]}:2`,
    });
  });
});
