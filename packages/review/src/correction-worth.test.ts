import { PERSPECTIVES } from '@rewardedit/core';
import { expect, test } from 'vitest';
import { correctionWorth } from './correction-worth.ts';
import { createRowTable, setReward } from './row-table.ts';

type Row = { readonly score?: number; readonly spread?: number; readonly isCorrected?: boolean };

function worthOf(rows: readonly Row[]): number[] {
  const table = createRowTable(rows.length);
  for (const [row, { score, spread, isCorrected = false }] of rows.entries()) {
    const all = <T>(value: T) => Object.fromEntries(PERSPECTIVES.map((name) => [name, value]));
    if (score !== undefined)
      setReward(table, row, {
        scores: all(score),
        feedback: {},
        ...(spread !== undefined && { spread: all(spread) }),
      });
    table.isCorrected[row] = Number(isCorrected);
  }
  return [...correctionWorth(table)];
}

test('a score without corrections is worth more than a corrected one, and a common one more than a rare one', () => {
  const [known, fresh, rare, done, none] = worthOf([
    { score: 1 },
    { score: 3 },
    { score: 5 },
    { score: 1, isCorrected: true },
    {},
  ]);
  expect(fresh).toBeGreaterThan(known);
  expect(rare).toBe(fresh);
  expect(done).toBeNaN();
  expect(none).toBeNaN();
  const many = worthOf([...Array.from({ length: 10 }, () => ({ score: 2 })), { score: 4 }]);
  expect(many[0]).toBeGreaterThan(many[10]);
});

test('among rows with the same score, the one with the least certain judge comes first, and the next is worth less', () => {
  const [sure, unsure] = worthOf([
    { score: 2, spread: 0.1 },
    { score: 2, spread: 1 },
  ]);
  // Two rows in the bar, in each of three perspectives: 2 / (1 * 2), then 2 / (2 * 3).
  expect(unsure).toBeCloseTo(3, 12);
  expect(sure).toBeCloseTo(1, 12);
});

test('the first rows of the order cover all scores', () => {
  const rows = Array.from({ length: 60 }, (_, i) => ({ score: (i * 7) % 6 }));
  const worth = worthOf(rows);
  const first = [...worth.keys()].sort((a, b) => worth[b] - worth[a]).slice(0, 6);
  expect(new Set(first.map((row) => rows[row].score)).size).toBe(6);
});
