import { PERSPECTIVES, RewardEditError } from '@rewardedit/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EVERYTHING } from './dataset.test.helper.ts';
import { ROW_KINDS, type RowKind, type RowQuery } from './protocol.ts';
import { createRowTable, setKind, setMeasures, setReward, SORTABLE_MEASURES } from './row-table.ts';
import { HISTOGRAM_BARS } from './score-bars.ts';
import { selectRows } from './select-rows.ts';

type Row = {
  readonly kind: RowKind;
  readonly scores: readonly (number | undefined)[];
  readonly isCorrected: boolean;
  readonly isSetAside: boolean;
};

function tableOf(rows: readonly Row[]) {
  const table = createRowTable(rows.length);
  for (const [row, { kind, scores, isCorrected, isSetAside }] of rows.entries()) {
    setKind(table, row, kind);
    const given = PERSPECTIVES.flatMap((name, number) =>
      scores[number] === undefined ? [] : [[name, scores[number]]],
    );
    setReward(table, row, { scores: Object.fromEntries(given) as object, feedback: {} });
    table.isCorrected[row] = Number(isCorrected);
    table.isSetAside[row] = Number(isSetAside);
  }
  return table;
}

const score = fc.option(
  fc.integer({ min: 0, max: 10 }).map((half) => half / 2),
  { nil: undefined },
);
const rowArbitrary: fc.Arbitrary<Row> = fc.record({
  kind: fc.constantFrom(...ROW_KINDS),
  scores: fc.tuple(score, score, score),
  isCorrected: fc.boolean(),
  isSetAside: fc.boolean(),
});
const range = fc
  .tuple(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 5 }))
  .map(([a, b]): [number, number] => [Math.min(a, b), Math.max(a, b)]);
const queryArbitrary: fc.Arbitrary<RowQuery> = fc.record({
  text: fc.constant(''),
  kinds: fc.uniqueArray(fc.constantFrom(...ROW_KINDS), { maxLength: 2 }),
  reward: fc.constantFrom('any', 'complete', 'incomplete', 'set-aside'),
  corrected: fc.constantFrom('any', 'yes', 'no'),
  scores: fc.record({ following: range, quality: range }, { requiredKeys: [] }),
  sort: fc.constantFrom('position', 'following', 'overall'),
  descending: fc.boolean(),
});

/** The meaning of a query, written in the plainest way. */
function isListed(row: Row, query: RowQuery): boolean {
  const isComplete = row.scores.every((value) => value !== undefined);
  const isWithin = PERSPECTIVES.every((name, number) => {
    const wanted = query.scores[name];
    const value = row.scores[number];
    return wanted === undefined || (value !== undefined && value >= wanted[0] && value <= wanted[1]);
  });
  return (
    isWithin &&
    (query.kinds.length === 0 || query.kinds.includes(row.kind)) &&
    (query.corrected === 'any' || row.isCorrected === (query.corrected === 'yes')) &&
    { any: true, complete: isComplete, incomplete: !isComplete, 'set-aside': row.isSetAside }[query.reward]
  );
}

function keyOf({ scores }: Row, sort: string, row: number): number | undefined {
  if (sort === 'position') return row;
  if (sort === 'following') return scores[0];
  const [following, preserving, quality] = scores.map((value) => value ?? Number.NaN);
  const mean = (following + preserving + quality) / 3;
  return Number.isNaN(mean) ? undefined : mean;
}

describe('selectRows', () => {
  it('lists matching rows in the order of the query, rows without a value last', () => {
    fc.assert(
      fc.property(fc.array(rowArbitrary, { maxLength: 40 }), queryArbitrary, (rows, query) => {
        const listed = [...selectRows(tableOf(rows), query, undefined).rows];
        const wanted = [...rows.keys()].filter((row) => isListed(rows[row], query));
        const sign = query.descending ? -1 : 1;
        const compare = (a: number, b: number) => {
          const [x, y] = [a, b].map((row) => keyOf(rows[row], query.sort, row));
          if (x === undefined || y === undefined)
            return Number(x === undefined) - Number(y === undefined) || a - b;
          return sign * (x - y) || a - b;
        };
        expect(listed).toEqual(wanted.toSorted(compare));
      }),
    );
  });

  it('counts, for each filter, the rows that pass the others', () => {
    fc.assert(
      fc.property(fc.array(rowArbitrary, { maxLength: 40 }), queryArbitrary, (rows, query) => {
        const { facets } = selectRows(tableOf(rows), query, undefined);
        const count = (other: Partial<RowQuery>) =>
          rows.filter((row) => isListed(row, { ...query, ...other })).length;
        for (const kind of ROW_KINDS) expect(facets.kinds[kind]).toBe(count({ kinds: [kind] }));
        for (const reward of ['any', 'complete', 'incomplete', 'set-aside'] as const)
          expect(facets.reward[reward]).toBe(count({ reward }));
        for (const corrected of ['any', 'yes', 'no'] as const)
          expect(facets.corrected[corrected]).toBe(count({ corrected }));
        const { following: _own, ...others } = query.scores;
        const inBars = facets.scores.following.reduce((sum, bar) => sum + bar, 0);
        expect(inBars).toBe(
          rows.filter((row) => row.scores[0] !== undefined && isListed(row, { ...query, scores: others }))
            .length,
        );
      }),
    );
  });

  it('puts scores into bars of a quarter of a point, the highest score into the last', () => {
    const row = (value: number): Row => ({
      kind: 'add',
      scores: [value],
      isCorrected: false,
      isSetAside: false,
    });
    const { facets } = selectRows(tableOf([0, 0.24, 0.25, 4.9, 5].map(row)), EVERYTHING, undefined);
    expect(facets.scores.following).toEqual([
      2,
      1,
      ...Array.from({ length: HISTOGRAM_BARS - 3 }, () => 0),
      2,
    ]);
  });

  it('sorts by measures, and keeps only the first few names', () => {
    const table = createRowTable(2);
    const names = Array.from({ length: SORTABLE_MEASURES + 5 }, (_, number) => [`m${number}`, number]);
    setMeasures(table, 0, Object.fromEntries(names) as Record<string, number>);
    setMeasures(table, 1, { m0: -1 });
    expect(table.measures.size).toBe(SORTABLE_MEASURES);
    expect([...selectRows(table, { ...EVERYTHING, sort: 'measure:m0' }, undefined).rows]).toEqual([1, 0]);
    for (const sort of [`measure:m${SORTABLE_MEASURES}`, 'measure:__proto__', 'constructor', '__proto__', ''])
      expect(() => selectRows(table, { ...EVERYTHING, sort }, undefined)).toThrow(RewardEditError);
  });
});
