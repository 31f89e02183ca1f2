import { describe, expect, it } from 'vitest';
import type { Ratings } from './ratings.ts';
import { readRatings } from './read-ratings.ts';
import { temporaryFiles } from './temporary-file.test.helper.ts';

const none = Number.NaN;

type Row = { uid?: unknown; editor?: unknown; human?: unknown; judge?: unknown };
const row = (changes: Row = {}): Row => ({
  uid: 'a',
  editor: 'one',
  human: [
    { SC: 1, PQ: 0.5 },
    { SC: 0, PQ: 0.5 },
  ],
  judge: { SC: [4, 9], PQ: [10, 9] },
  ...changes,
});

async function read(rows: readonly Row[], strict = false): Promise<Ratings> {
  const [path] = await temporaryFiles({ 'ratings.jsonl': rows });
  return readRatings([path], { strict });
}

/** The values of judge, reference and each rater from one perspective. */
function valuesOf({ comparisons: [{ judge, reference, raters }] }: Ratings, perspective: string): number[][] {
  return [judge, reference, ...raters].map((rater) => [...rater.values(perspective)]);
}

describe('readViescore', () => {
  it('puts the values together: the lowest score over 10, the mean of raters, the root of the product', async () => {
    const ratings = await read([row()]);
    expect(valuesOf(ratings, 'SC')).toEqual([[0.4], [0.5], [1], [0]]);
    expect(valuesOf(ratings, 'PQ')).toEqual([[0.9], [0.5], [0.5], [0.5]]);
    // The mean of the raters' own roots is not the root of the product of their means.
    expect(valuesOf(ratings, 'O')).toEqual([[Math.sqrt(0.4 * 0.9)], [Math.SQRT1_2 / 2], [Math.SQRT1_2], [0]]);
    expect(ratings.perspectives).toEqual(['SC', 'PQ', 'O']);
  });

  it('has what is not there as missing, and never as 0', async () => {
    const ratings = await read([
      row({ uid: 1, judge: { SC: null, PQ: [] } }),
      row({ uid: 2, judge: { SC: [3, null] } }),
      row({ uid: 3, judge: null, human: null }),
      row({ uid: 4, human: [{ SC: 1, PQ: null }] }),
      row({ uid: 5, human: [{}, { SC: 0.5, PQ: 1 }, { SC: 0, PQ: 0 }] }),
    ]);
    expect(valuesOf(ratings, 'SC')).toEqual([
      [none, none, none, 0.4, 0.4],
      [0.5, 0.5, none, 1, 0.25],
      [1, 1, none, 1, none],
      [0, 0, none, none, 0.5],
      [none, none, none, none, 0],
    ]);
    expect(valuesOf(ratings, 'O')[1]).toEqual([
      Math.SQRT1_2 / 2,
      Math.SQRT1_2 / 2,
      none,
      none,
      Math.SQRT1_2 / 2,
    ]);
  });

  it('takes an answer with fewer scores than asked for as it is and counts it, or as missing where strict', async () => {
    const rows = [row({ judge: { SC: [7], PQ: [8, 3] } }), row({ uid: 'b' })];
    const plain = await read(rows);
    expect(plain.incomplete).toEqual({ SC: 1, PQ: 0 });
    expect(valuesOf(plain, 'SC')[0]).toEqual([0.7, 0.4]);
    const strict = await read(rows, true);
    expect(strict).toMatchObject({ incomplete: { SC: 1, PQ: 0 }, strict: true });
    expect(valuesOf(strict, 'SC')[0]).toEqual([none, 0.4]);
    expect(valuesOf(strict, 'O')[0]).toEqual([none, Math.sqrt(0.4 * 0.9)]);
  });

  it('knows groups by editor and tasks by uid, whatever these are called', async () => {
    const { items } = await read([
      row({ uid: '__proto__', editor: 'constructor' }),
      row({ uid: '\u0000', editor: '__proto__' }),
      row({ uid: '__proto__', editor: '__proto__' }),
      row({ uid: 1, editor: 'constructor' }),
      row({ uid: '1', editor: 'constructor' }),
    ]);
    expect(items).toEqual({
      count: 5,
      groups: ['constructor', '__proto__'],
      group: Int32Array.of(0, 1, 1, 0, 0),
      task: Int32Array.of(0, 1, 0, 2, 3),
      tasks: 4,
    });
  });

  it('compares the judges of several files too, for the items that each has', async () => {
    const paths = await temporaryFiles({
      'a.jsonl': [row({ uid: 'x' }), row({ uid: 'y' })],
      'b.jsonl': [row({ uid: 'y', judge: { SC: [1, 1], PQ: [1, 1] } }), row({ uid: 'z' })],
    });
    const { comparisons, items } = await readRatings(paths);
    expect(items.count).toBe(3);
    expect(comparisons.map(({ judge, reference }) => [judge.name, reference.name])).toEqual([
      [`the judge of ${paths[0]}`, 'the mean of 2 raters'],
      [`the judge of ${paths[1]}`, 'the mean of 2 raters'],
      [`the judge of ${paths[1]}`, `the judge of ${paths[0]}`],
    ]);
    expect([...comparisons[2].reference.values('SC')]).toEqual([0.4, 0.4, none]);
    expect([...comparisons[2].judge.values('SC')]).toEqual([none, 0.1, 0.4]);
  });

  it.each<[string, Row, string]>([
    ['a score above the scale', row({ judge: { SC: [11, 2], PQ: [1, 1] } }), 'judge.SC.0'],
    ['a score that is text', row({ judge: { SC: ['3', 2], PQ: [1, 1] } }), 'judge.SC.0'],
    ['a rating above the scale', row({ human: [{ SC: 3, PQ: 1 }] }), 'human.0.SC'],
    ['no editor', row({ editor: undefined }), 'editor'],
    ['more raters than anybody has', row({ human: Array.from({ length: 101 }, () => ({})) }), 'human'],
  ])('refuses %s, and names the line', async (_, bad, field) => {
    const [path] = await temporaryFiles({ 'ratings.jsonl': [row({ uid: 'first' }), bad] });
    await expect(readRatings([path])).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining(`${field}:`),
      where: `${path}:2`,
    });
  });

  it('refuses two lines on one edit, and a last line that breaks off', async () => {
    const [twice] = await temporaryFiles({ 'ratings.jsonl': [row(), row({ uid: 'b' }), row()] });
    await expect(readRatings([twice])).rejects.toMatchObject({
      code: 'bad-input',
      message: 'line 1 already has the edit of a by one',
      where: `${twice}:3`,
    });
    const [torn] = await temporaryFiles({ 'ratings.jsonl': `${JSON.stringify(row())}\n{"uid":"b","edi` });
    await expect(readRatings([torn])).rejects.toMatchObject({ code: 'bad-input', where: `${torn}:2` });
  });
});
