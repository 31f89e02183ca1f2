import { describe, expect, test } from 'vitest';
import { evaluate } from '../evaluate.ts';
import { constant, input, state } from '../ops/leaf.ts';
import { program } from '../program.ts';
import { difference } from '../testing/apply.ts';
import { adamwScalars, adamwUpdates } from './adamw-updates.ts';

const settings = { betas: [0.9, 0.999], epsilon: 1e-8, weightDecay: 0 } as const;

test('the first step has the size of the learning rate for any gradient', () => {
  const w = state('w', [3]);
  const updates = adamwUpdates({ parameters: { w }, gradients: { w: input('g', [3]) }, ...settings });
  const { correction1, correction2 } = adamwScalars(1, settings.betas);
  const { state: after } = evaluate(program({ outputs: {}, updates }), {
    inputs: {
      g: [1e-3, -5, 1e4],
      learning_rate: [0.5],
      correction1: [correction1],
      correction2: [correction2],
    },
    state: { w: [1, 2, 3], 'adamw.exp_avg.w': [0, 0, 0], 'adamw.exp_avg_sq.w': [0, 0, 0] },
  });
  expect(difference(after['w'], [0.5, 2.5, 2.5])).toBeLessThan(1e-4);
  expect(difference(after['adamw.exp_avg.w'], [1e-4, -0.5, 1e3])).toBeLessThan(1e-12);
  expect(difference(after['adamw.exp_avg_sq.w'], [1e-9, 0.025, 1e5])).toBeLessThan(1e-12);
});

test('the bias corrections grow towards one', () => {
  expect(adamwScalars(1, [0.9, 0.999]).correction1).toBeCloseTo(0.1, 14);
  expect(adamwScalars(2, [0.9, 0.999])).toEqual({ correction1: 1 - 0.81, correction2: 1 - 0.999 ** 2 });
  expect(adamwScalars(100_000, [0.9, 0.999])).toEqual({ correction1: 1, correction2: 1 });
});

describe('refused', () => {
  test('a parameter without a gradient', () => {
    expect(() => adamwUpdates({ parameters: { w: state('w', []) }, gradients: {}, ...settings })).toThrow(
      'adamwUpdates: the parameter "w" has no gradient.',
    );
  });
  test.each([
    ['another entry', state('v', [])],
    ['an input', input('w', [])],
    ['a constant', constant(1)],
  ])('%s in place of the parameter', (_, w) => {
    expect(() => adamwUpdates({ parameters: { w }, gradients: { w }, ...settings })).toThrow(
      'adamwUpdates: the parameter "w" is not the state entry of that name.',
    );
  });
});
