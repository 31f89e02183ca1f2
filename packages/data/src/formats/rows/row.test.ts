import { describe, expect, it } from 'vitest';
import { findColumns } from './columns.ts';
import { createRowReader } from './row.ts';
import type { SourceTriplet } from './source-triplet.ts';

const access = { folder: '/nowhere', fetch: () => Promise.reject(new Error('fetched')) };

function read(row: Record<string, unknown>, chosen = {}) {
  const reader = createRowReader(findColumns(Object.keys(row), chosen, 'here'), access);
  const rows = reader.read(row, { where: 'here:1', fallbackId: 'shard:7' });
  return { row: rows[0], rows, notes: reader.notes() };
}

const base = { instruction: 'make it night', original: 'a.png', edited: 'b.png' };

describe('a row', () => {
  it('gets an id from its place if it has none, or from several columns', () => {
    expect(read(base).row).toMatchObject({
      record: { id: 'shard:7', instruction: 'make it night' },
      where: 'here:1',
    });
    const magicBrush = {
      img_id: 12n,
      turn_index: 3,
      source_img: 'a',
      target_img: 'b',
      instruction: 'x',
      mask_img: {},
    };
    expect(read(magicBrush)).toMatchObject({
      row: { record: { id: '12/3' } },
      notes: [expect.stringMatching(/: mask_img$/)],
    });
  });

  it('keeps plain values that a triplet has no field for', () => {
    const { row, notes } = read({
      ...base,
      turn: 2n,
      huge: 2n ** 60n,
      ok: true,
      list: [1],
      none: null,
      gap: Number.NaN,
    });
    expect((row as SourceTriplet).extra).toEqual({ turn: 2, huge: '1152921504606846976', ok: true });
    expect(notes).toEqual([expect.stringMatching(/: list, gap$/)]);
  });

  it('keeps a column if one row has an odd value, and counts odd values', () => {
    const reader = createRowReader(findColumns([...Object.keys(base), 'similarity'], {}, 'here'), access);
    const values = [0.11, Number.NaN, 0.13].map((similarity, at) => {
      const [row] = reader.read({ ...base, similarity }, { where: `here:${at}`, fallbackId: `a:${at}` });
      return (row as SourceTriplet).extra;
    });
    expect(values).toEqual([{ similarity: 0.11 }, {}, { similarity: 0.13 }]);
    expect(reader.notes()).toEqual([expect.stringMatching(/: similarity \(in 1 of 3 rows\)$/)]);
  });

  it('is several triplets if its instruction is a list', () => {
    const row = { omni_edit_id: 'o1', task: 'swap', src_img: 'a', edited_img: 'b' };
    expect(read({ ...row, edited_prompt_list: ['red', 'make it red'] }).rows).toMatchObject([
      { record: { id: 'o1/0', instruction: 'red' }, extra: { source_kind: 'swap' } },
      { record: { id: 'o1/1', instruction: 'make it red' } },
    ]);
    expect(read({ ...row, edited_prompt_list: ['red'] }).rows).toMatchObject([{ record: { id: 'o1' } }]);
  });

  it('is two triplets if it describes the inverse edit', async () => {
    const bytes = { a: Uint8Array.of(1), b: Uint8Array.of(2) };
    const { rows } = read({
      input: 'a day',
      input_image: { bytes: bytes.a },
      edit: 'make it night',
      inverse_edit: 'make it day',
      output: 'a night',
      output_image: { bytes: bytes.b },
    });
    expect(rows).toMatchObject([
      { record: { id: 'shard:7', instruction: 'make it night', description: 'a day' } },
      { record: { id: 'shard:7/inverse', instruction: 'make it day', description: 'a night' }, extra: {} },
    ]);
    const { original, edited } = (rows[1] as SourceTriplet).pictures;
    expect([await original(), await edited()]).toEqual([bytes.b, bytes.a]);
  });

  it('keeps its split, or a value of that column that is not a name', () => {
    expect(read({ ...base, split: 'dev' }).row).toMatchObject({ record: { split: 'dev' }, extra: {} });
    expect(read({ ...base, split: 3 }).row).toMatchObject({ extra: { source_split: 3 } });
  });

  it('accepts a kind in capitals, and keeps an unknown one under another name', () => {
    expect(read({ ...base, kind: ' Style ' }).row).toMatchObject({ record: { kind: 'style' }, extra: {} });
    const { row } = read({ ...base, kind: 'swirl' });
    expect(row).toMatchObject({ extra: { source_kind: 'swirl' } });
    expect((row as SourceTriplet).record).not.toHaveProperty('kind');
  });

  it('may have its reward as an object, as JSON, or in columns', () => {
    const reward = {
      scores: { following: 4.5 },
      feedback: { quality: 'blurred' },
      judge: { name: 'a', version: '1' },
    };
    const columns = {
      score_following: 4.5,
      feedback_quality: 'blurred',
      judge: '{"name":"a","version":"1"}',
      score_quality: null,
    };
    for (const cells of [{ reward }, { reward: JSON.stringify(reward) }, columns]) {
      expect(read({ ...base, ...cells }).row).toMatchObject({ record: { reward } });
    }
    const filled = { ...reward, scores: { ...reward.scores, quality: null } };
    expect(read({ ...base, reward: filled }).row).toMatchObject({ record: { reward } });
    expect((read(base).row as SourceTriplet).record).not.toHaveProperty('reward');
  });

  it.each([
    [{ instruction: null }, /the column instruction is empty or missing/],
    [{ instruction: 7 }, /the column instruction holds a number, not a text/],
    [{ instruction: { en: 'x' } }, /the column instruction holds a structure, not a text/],
    [{ instruction: [] }, /the column instruction holds an empty list/],
    [{ id: '' }, /the column id is wrong/],
    [{ reward: { scores: { following: 6 }, feedback: {} } }, /reward\.scores\.following is wrong/],
    [{ score_quality: -1 }, /reward\.scores\.quality is wrong/],
    [{ reward: '{' }, /the column reward is not valid JSON/],
    [{ faults: 'x', judge: '{}' }, /the column faults is not valid JSON/],
    [{ flippable: 'yes' }, /flippable is wrong/],
  ])('with %j is not a triplet, and says why', (cells, reason) => {
    expect(read({ ...base, ...cells }).row).toMatchObject({
      where: 'here:1',
      unusable: expect.stringMatching(reason),
    });
  });

  it('may have columns named like properties of every object', () => {
    const hostile = JSON.parse('{"__proto__": "x", "constructor": "y", "toString": "z"}') as object;
    const { row } = read({ ...base, ...hostile });
    const { extra } = row as SourceTriplet;
    expect(Object.keys(extra).sort()).toEqual(['__proto__', 'constructor', 'toString']);
    expect(Object.getPrototypeOf(extra)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });
});
