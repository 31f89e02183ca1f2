import { expect, it } from 'vitest';
import { changeWeights } from './change-weights.ts';

const from = new Float32Array(100);
const edited = (changed: number) => from.map((value, i) => (i < changed ? value + 0.5 : value + 0.05));
const extra = (changed: number, changeWeight: number) =>
  changeWeights(from, edited(changed), changeWeight).reduce((total, weight) => total + weight - 1, 0);

it('gives changed values the same total weight, whatever their share of the picture', () => {
  for (const changed of [5, 20, 100]) expect(extra(changed, 0.5)).toBeCloseTo(50, 4);
});

it('bounds the weight of a few stray values, and ignores slight differences', () => {
  expect(extra(1, 0.5)).toBeCloseTo(10, 5);
  expect(extra(0, 0.5)).toBe(0);
});

it('weights all values equally at zero', () => {
  expect(changeWeights(from, edited(20), 0)).toEqual(new Float32Array(100).fill(1));
});
