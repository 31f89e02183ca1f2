import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTextIndex, holdsTerm, searchTerms } from './text-index.ts';

function found(texts: readonly string[], term: string): number[] {
  const index = createTextIndex();
  for (const [row, text] of texts.entries()) index.add(row, [text]);
  const rows = new Set<number>();
  index.find(term, (row) => rows.add(row));
  return [...rows].sort((a, b) => a - b);
}

describe('createTextIndex', () => {
  it('ignores case and the Unicode composition of accents', () => {
    const texts = ['Make it RED', 'ajoute une CRE\u0301ME', 'rien'];
    expect(found(texts, 'red')).toEqual([0]);
    expect(found(texts, searchTerms('crème'.replace('è', 'é'))[0])).toEqual([1]);
  });

  it('searches every text of a row, whenever it was added, and never across two', () => {
    const index = createTextIndex();
    index.add(0, ['one', 'two']);
    index.add(1, ['three']);
    index.add(0, ['four']);
    const rowsWith = (term: string) => {
      const rows: number[] = [];
      index.find(term, (row) => rows.push(row));
      return rows;
    };
    expect(rowsWith('two')).toEqual([0]);
    expect(rowsWith('four')).toEqual([0]);
    expect(rowsWith('onetwo')).toEqual([]);
    expect(rowsWith('o')).toEqual([0, 0]);
  });

  it('finds the same rows as a scan of all texts', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'b', 'ä', '😀', ' ', '\n', '\u0000'),
      maxLength: 12,
    });
    fc.assert(
      fc.property(fc.array(text, { maxLength: 30 }), text, (texts, searched) => {
        for (const term of searchTerms(searched)) {
          const expected = [...texts.keys()].filter((row) => holdsTerm(texts[row], term));
          expect(found(texts, term)).toEqual(expected);
        }
      }),
    );
  });

  it('grows for texts longer than all before', () => {
    const long = 'x'.repeat(300_000);
    expect(found(['a', `${long}needle`, 'b'], 'needle')).toEqual([1]);
  });
});

describe('searchTerms', () => {
  it('splits words, and keeps quoted phrases together', () => {
    expect(searchTerms('make "the  red cat" Blue')).toEqual(['make', 'the red cat', 'blue']);
    expect(searchTerms('a"b c"d')).toEqual(['a', 'b c', 'd']);
    expect(searchTerms(' "" \n ')).toEqual([]);
    expect(searchTerms('"open')).toEqual(['open']);
  });
});
