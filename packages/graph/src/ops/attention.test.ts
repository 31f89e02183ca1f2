import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { evaluateTensors } from '../evaluate.ts';
import { gradients } from '../gradients.ts';
import { apply, difference, valueOf } from '../testing/apply.ts';
import { attentions, forAll, seeds, shapes } from '../testing/arbitraries.ts';
import { broadcastElementAt, elementAt, indicesOf } from '../testing/indices.ts';
import { anywhere } from '../testing/random.ts';
import { attention, attentionOp } from './attention.ts';
import { softmax } from './softmax.ts';
import { div, exp } from './elementwise.ts';
import { constant, input } from './leaf.ts';
import { sum } from './reduction.ts';

describe('softmax', () => {
  test('equals exp(x) / sum(exp(x)) along the last axis', () => {
    forAll(fc.tuple(shapes(1), seeds), ([shape, seed]) => {
      const expected = apply((x) => div(exp(x), sum(exp(x), [-1])), [shape], seed);
      expect(difference(apply(softmax, [shape], seed).value, expected.value)).toBeLessThan(1e-12);
    });
  });

  test('does not overflow, and is zero at -Infinity', () => {
    const x = constant(Float32Array.of(1000, 1000, -Infinity), [3]);
    expect(valueOf(softmax(x))).toEqual([0.5, 0.5, 0]);
  });
});

describe('attention', () => {
  test('is the mean of the values if all keys are equal', () => {
    const q = constant(Float32Array.of(1, 2, 3, 4), [2, 2]);
    const v = constant(Float32Array.of(1, 10, 3, 20), [2, 2]);
    expect(valueOf(attention(q, constant(1, [2, 2]), v, { scale: 1 }))).toEqual([2, 15, 2, 15]);
  });

  test('ignores keys whose mask is -Infinity', () => {
    const q = constant(1, [2, 2]);
    const v = constant(Float32Array.of(1, 10, 3, 20), [2, 2]);
    const causal = constant(Float32Array.of(0, -Infinity, 0, 0), [2, 2]);
    expect(valueOf(attention(q, q, v, { scale: 1, mask: causal }))).toEqual([1, 10, 2, 15]);
  });

  test('equals the definition, query by query, with broadcast masks', () => {
    forAll(fc.tuple(attentions, seeds), ([{ q, k, v, mask }, seed]) => {
      const given = mask ? [q, k, v, mask] : [q, k, v];
      const { operands, shape, value } = apply(
        (q, k, v, mask) => attention(q, k, v, { scale: 0.6, ...(mask && { mask }) }),
        given,
        seed,
      );
      expect(shape).toEqual([...q.slice(0, -1), v.at(-1)]);
      const expected = indicesOf(shape).map((index) => {
        const [query, channel] = index.slice(-2);
        const front = index.slice(0, -2);
        const weights = Array.from({ length: k.at(-2)! }, (_, key) => {
          let score = 0;
          for (let i = 0; i < q.at(-1)!; i++)
            score +=
              0.6 *
              elementAt(operands[0], q, [...front, query, i]) *
              elementAt(operands[1], k, [...front, key, i]);
          return Math.exp(score + (mask ? broadcastElementAt(operands[3], mask, [...front, query, key]) : 0));
        });
        const total = weights.reduce((a, b) => a + b);
        return weights.reduce(
          (sum, weight, key) => sum + (weight / total) * elementAt(operands[2], v, [...front, key, channel]),
          0,
        );
      });
      expect(difference(value, expected)).toBeLessThan(1e-12);
    });
  });

  test('equals its decomposition, in value and gradients', () => {
    forAll(fc.tuple(attentions, seeds), ([{ q, k, v, mask }, seed]) => {
      const shapes = mask ? [q, k, v, mask] : [q, k, v];
      const inputs = shapes.map((shape, i) => input(`x${i}`, shape));
      const values = anywhere(shapes, seed);
      const whole = attention(inputs[0], inputs[1], inputs[2], {
        scale: 0.8,
        ...(mask && { mask: inputs[3] }),
      });
      const parts = attentionOp.decompose!(inputs, { scale: 0.8 });
      const [expected, actual] = [whole, parts].map((y) =>
        evaluateTensors([y, ...gradients(sum(exp(y)), inputs)], {
          inputs: Object.fromEntries(values.map((value, i) => [`x${i}`, value])),
        }),
      );
      expect(parts.shape).toEqual(whole.shape);
      expected.forEach((value, i) => expect(difference(actual[i], value)).toBeLessThan(1e-12));
    });
  });
});
