import type { PairAnswer } from '@rewardedit/annotate';
import { expect, it } from 'vitest';
import { measurePairs } from './measure-pairs.ts';

const answer = (id: number, first: number, second: number, original = String(id)): PairAnswer => ({
  ...{ id: String(id), original },
  choices: { overall: { first, second } },
});
const measure = (answers: readonly PairAnswer[], total = answers.length) =>
  measurePairs(answers, { total, seed: 0 })[0];

it('counts wins, ties, losses and pairs decided by the order, and uses all answers for the win rate', () => {
  const answers = [
    answer(1, 1, 1),
    answer(2, 1, 1),
    answer(3, 0, 0),
    answer(4, 0.5, 0.5),
    answer(5, 1, 0),
    answer(6, 1, 0.5),
  ];
  const found = measure(answers, 8);
  expect(found).toMatchObject({ pairs: 6, missing: 2, wins: 2, losses: 1, ties: 1, orderDecides: 2 });
  expect(found.winRate.share!.mean).toBeCloseTo((1 + 1 + 0 + 0.5 + 0.5 + 0.75) / 6, 12);
  expect(found.firstPlace.share!.mean).toBeCloseTo((0.5 + 0.5 + 0.5 + 0.5 + 1 + 0.75) / 6, 12);
});

it('is the sign test if each original has one pair: 8 of 9, two-sided 20 / 512', () => {
  const answers = Array.from({ length: 9 }, (_, i) => answer(i, i === 0 ? 0 : 1, i === 0 ? 0 : 1));
  expect(measure(answers).winRate.pValue).toBeCloseTo(20 / 512, 12);
  expect(measure(answers).firstPlace).toMatchObject({ share: { mean: 0.5 }, pValue: 1 });
});

it('detects a judge that always chooses the first position, and finds no winner then', () => {
  const { winRate, firstPlace, orderDecides } = measure(
    Array.from({ length: 12 }, (_, i) => answer(i, 1, 0)),
  );
  expect(orderDecides).toBe(12);
  expect(winRate).toMatchObject({ share: { mean: 0.5 }, pValue: 1, correctedPValue: 1 });
  expect(firstPlace).toMatchObject({ share: { mean: 1 }, pValue: 2 / 4096 });
  expect(firstPlace.share!.interval![0]).toBeGreaterThan(0.7);
});

it('keeps the pairs of one original together', () => {
  const answers = Array.from({ length: 12 }, (_, i) => answer(i, 1, 1, String(i % 2)));
  expect(measure(answers).winRate).toMatchObject({ share: { clusters: 2, count: 12 }, pValue: 0.5 });
});
