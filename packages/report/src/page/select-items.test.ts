import { describe, expect, it } from 'vitest';
import type { ReportData } from '../report-data.ts';
import { EVERY_ITEM, type ItemQuery } from './address.ts';
import { searchTexts, selectItems, sortKeys } from './select-items.ts';

const edit = (score: number | null, said = '') => ({
  picture: 0,
  values: [score],
  feedback: { following: said },
});

const data: ReportData = {
  title: 'test',
  highestScore: 5,
  columns: [{ name: 'following', label: 'following', digits: 2 }],
  perspectives: ['following'],
  runs: ['base', 'other'],
  pictures: ['a.png'],
  items: [
    { id: 'a', instruction: 'Make it Red', kind: 'style', original: 0, edits: [edit(1), edit(5)] },
    { id: 'b', instruction: 'add a dog', kind: 'add', original: 0, edits: [edit(4), edit(3, 'No dog.')] },
    { id: 'c', instruction: 'remove it', original: 0, edits: [edit(2), edit(null)] },
    { id: 'd', instruction: 'make it dark', kind: 'style', original: 0, edits: [null, edit(3)] },
  ],
};

const ids = (query: Partial<ItemQuery>) =>
  selectItems(data, searchTexts(data.items), { ...EVERY_ITEM, ...query })
    .map((number) => data.items[number].id)
    .join('');

describe('selectItems', () => {
  it('finds words and phrases in instruction, feedback and id, ignoring case', () => {
    expect(ids({ text: 'make red' })).toBe('a');
    expect(ids({ text: '"no DOG"' })).toBe('b');
    expect(ids({ text: '"red it"' })).toBe('');
  });

  it('filters by kind, including none, and by the scores of the last run', () => {
    expect(ids({ kinds: ['style'] })).toBe('ad');
    expect(ids({ kinds: ['none'] })).toBe('c');
    expect(ids({ scores: { following: [3, 4] } })).toBe('bd');
  });

  it('sorts by a run or by its difference to the base, with missing values last in both directions', () => {
    expect([...sortKeys(data).keys()]).toEqual(['following/0', 'following/1', 'following/1-0']);
    expect(ids({ sort: 'following/1' })).toBe('bdac');
    expect(ids({ sort: 'following/1', descending: true })).toBe('abdc');
    expect(ids({ sort: 'following/1-0' })).toBe('bacd');
    expect(ids({ sort: 'nonsense', descending: true })).toBe('dcba');
  });
});
