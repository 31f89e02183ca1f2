import { expect, test } from 'vitest';
import { readReference } from '../testing/adamw-reference.ts';
import { LEARNING_RATE_SCHEDULES, learningRateFactor } from './learning-rate.ts';

const { learning_rate_factors: reference } = readReference();

test('every schedule has a reference', () => {
  expect(LEARNING_RATE_SCHEDULES.toSorted()).toEqual(Object.keys(reference).toSorted());
});

test.each(LEARNING_RATE_SCHEDULES)('%s equals diffusers', (schedule) => {
  const { arguments: given, factors } = reference[schedule];
  const options = {
    warmupSteps: given.num_warmup_steps ?? 0,
    trainingSteps: given.num_training_steps ?? 0,
    ...(given.num_cycles !== undefined && { cycles: given.num_cycles }),
    ...(given.power !== undefined && { power: given.power }),
  };
  expect(factors).toHaveLength(24);
  factors.forEach((factor, step) => {
    expect(learningRateFactor(schedule, step, options), `step ${step}`).toBeCloseTo(factor, 14);
  });
});

test('decay is immediate if no steps follow the warm-up', () => {
  const factorAt = (step: number) => learningRateFactor('linear', step, { warmupSteps: 4, trainingSteps: 4 });
  expect([3, 4, 5].map(factorAt)).toEqual([0.75, 1, 0]);
});

test('starts at the full rate without a warm-up', () => {
  expect(learningRateFactor('cosine', 0, { warmupSteps: 0, trainingSteps: 10 })).toBe(1);
});

test('the polynomial ends at its end factor', () => {
  const options = { warmupSteps: 0, trainingSteps: 10, endFactor: 0.5 };
  expect(learningRateFactor('polynomial', 5, options)).toBe(0.75);
  expect(learningRateFactor('polynomial', 50, options)).toBe(0.5);
});
