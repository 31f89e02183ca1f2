import { describe, expect, it } from 'vitest';
import type { SourceRow, TripletSource } from './source-triplet.ts';
import { isHeldOut, onlySplit, splitOf, splitsOf } from './splits.ts';

describe('splitOf', () => {
  it.each([
    ['train-00000-of-00001-abc', 'train'],
    ['data/dev-00000-of-00002', 'dev'],
    ['test/0001', 'test'],
    ['Validation', 'validation'],
    ['train/test-1', 'test'],
    ['latest', undefined],
    ['training_set', 'training'],
    ['restrain-1', undefined],
    ['0001', undefined],
  ])('of %s is %s', (stem, split) => {
    expect(splitOf(stem)).toBe(split);
  });

  it('is undefined if all files are called train, as in a dataset without splits', () => {
    expect(splitsOf(['train-0', 'train-1'])).toEqual([undefined, undefined]);
    expect(splitsOf(['train-0', 'dev-0', 'x'])).toEqual(['train', 'dev', undefined]);
    expect(splitsOf(['test-0'])).toEqual(['test']);
  });
});

describe('isHeldOut', () => {
  it.each(['test', 'Validation', 'dev', 'held-out'])('%s measures what was learned', (split) => {
    expect(isHeldOut(split)).toBe(true);
  });

  it.each(['train', 'part-3', undefined])('%s does not', (split) => {
    expect(isHeldOut(split)).toBe(false);
  });
});

describe('onlySplit', () => {
  const pictures = { original: async () => new Uint8Array(), edited: async () => new Uint8Array() };
  const rows: SourceRow[] = [
    { record: { id: 'a', instruction: '', split: 'train' }, extra: {}, pictures, where: '1' },
    { record: { id: 'b', instruction: '', split: 'dev' }, extra: {}, pictures, where: '2' },
    { id: 'c', where: '3', unusable: 'x' },
  ];
  const source: TripletSource = {
    format: 'jsonl',
    async *rows() {
      yield* rows;
    },
    notes: () => [],
  };
  const read = async (split: string) => {
    const found: SourceRow[] = [];
    for await (const row of onlySplit(source, split).rows()) found.push(row);
    return found;
  };

  it('yields the triplets of the split, and unusable rows', async () => {
    expect(await read('dev')).toEqual([rows[1], rows[2]]);
  });

  it('lists the splits if none matches', async () => {
    await expect(read('test')).rejects.toMatchObject({
      code: 'bad-input',
      hint: 'the splits are train, dev',
    });
  });
});
