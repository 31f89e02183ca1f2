import { describe, expect, it } from 'vitest';
import { findColumns } from './columns.ts';
import { createRowReader } from './row.ts';
import type { SourceTriplet } from './source-triplet.ts';

const access = { folder: '/nowhere', fetch: () => Promise.reject(new Error('fetched')) };

function read(row: Record<string, unknown>, chosen = {}) {
  const reader = createRowReader(findColumns(Object.keys(row), chosen, 'here'), access);
  return { row: reader.read(row, { where: 'here:1', fallbackId: 'shard:7' }), leftOut: reader.leftOut() };
}

const base = { instruction: 'make it night', original: 'a.png', edited: 'b.png' };

describe('a row', () => {
  it('gets an id from its place where it has none, or from several columns', () => {
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
    expect(read(magicBrush)).toMatchObject({ row: { record: { id: '12/3' } }, leftOut: ['mask_img'] });
  });

  it('keeps what a triplet has no place for, if it is a plain value', () => {
    const { row, leftOut } = read({
      ...base,
      turn: 2n,
      huge: 2n ** 60n,
      ok: true,
      list: [1],
      none: null,
      gap: Number.NaN,
    });
    expect((row as SourceTriplet).extra).toEqual({ turn: 2, huge: '1152921504606846976', ok: true });
    expect(leftOut).toEqual(['list', 'gap']);
  });

  it('takes a kind in capitals, and keeps one that is none of ours under another name', () => {
    expect(read({ ...base, kind: ' Style ' }).row).toMatchObject({ record: { kind: 'style' }, extra: {} });
    const { row } = read({ ...base, kind: 'swirl' });
    expect(row).toMatchObject({ extra: { source_kind: 'swirl' } });
    expect((row as SourceTriplet).record).not.toHaveProperty('kind');
  });

  it('has its reward as an object, as JSON, or in columns', () => {
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
    [{ instruction: null }, /the column instruction is wrong/],
    [{ instruction: 7 }, /the column instruction is wrong/],
    [{ id: '' }, /the column id is wrong/],
    [{ reward: { scores: { following: 6 }, feedback: {} } }, /reward\.scores\.following is wrong/],
    [{ score_quality: -1 }, /reward\.scores\.quality is wrong/],
    [{ reward: '{' }, /is no JSON/],
    [{ faults: 'x' }, /is no JSON/],
    [{ flippable: 'yes' }, /flippable is wrong/],
  ])('with %j is no triplet, and says why', (cells, reason) => {
    expect(read({ ...base, ...cells }).row).toMatchObject({
      where: 'here:1',
      unusable: expect.stringMatching(reason),
    });
  });

  it('may have columns called as what every object has', () => {
    const hostile = JSON.parse('{"__proto__": "x", "constructor": "y", "toString": "z"}') as object;
    const { row } = read({ ...base, ...hostile });
    const { extra } = row as SourceTriplet;
    expect(Object.keys(extra).sort()).toEqual(['__proto__', 'constructor', 'toString']);
    expect(Object.getPrototypeOf(extra)).toBe(Object.prototype);
    expect(({} as Record<string, unknown>)['x']).toBeUndefined();
  });
});
