import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ALL_TYPES, isHeldBy, type DType } from './dtype.ts';
import { evaluateTensors } from './evaluate.ts';
import { gradients } from './gradients.ts';
import { adamw } from './ops/adamw.ts';
import { attention } from './ops/attention.ts';
import { cast } from './ops/cast.ts';
import { conv2d } from './ops/convolution.ts';
import { add, mul, select } from './ops/elementwise.ts';
import { gather, scatterAdd } from './ops/gather.ts';
import { groupNorm } from './ops/group-norm.ts';
import type { OpName } from './ops/index.ts';
import { constant, input } from './ops/leaf.ts';
import { matmul } from './ops/matmul.ts';
import { concat } from './ops/movement.ts';
import { mean, sum } from './ops/reduction.ts';
import { topologicalOrder, type Tensor } from './tensor.ts';
import { difference } from './testing/apply.ts';
import { buildCases, OP_CASES } from './testing/op-cases.ts';

/** The output type of each op by the type of its operands; other operand types are rejected. */
const GIVEN: Readonly<Record<keyof typeof OP_CASES, Partial<Record<DType, DType>>>> = (() => {
  const all = { f32: 'f32', f16: 'f16', i32: 'i32' } as const;
  const floats = { f32: 'f32', f16: 'f16' } as const;
  const summed = { f32: 'f32', f16: 'f32' } as const;
  const single = { f32: 'f32' } as const;
  return {
    ...{ neg: all, abs: all, add: all, sub: all, mul: all, maximum: all, minimum: all },
    ...{ constant: all, greater: all, equal: all, select: all, after: all, gather: all },
    ...{ reshape: all, broadcastTo: all, transpose: all, slice: all, pad: all, concat: all },
    ...{ exp: floats, log: floats, sqrt: floats, sin: floats, cos: floats, tanh: floats, sigmoid: floats },
    ...{ erf: floats, gelu: floats, div: floats, max: floats, softmax: floats },
    ...{ attention: floats, attentionGradient: floats },
    ...{ matmul: floats, conv2d: floats, conv2dInputGradient: floats, conv2dWeightGradient: floats },
    ...{ normalize: floats, groupNorm: floats, resizeNearest: floats },
    ...{ sum: summed, inverseDeviation: summed, scatterAdd: summed },
    adamw: single,
    cast: { f32: 'i32', f16: 'i32', i32: 'i32' },
  };
})();

test.each(ALL_TYPES)(
  'every op maps operands of type %s to the documented output type or rejects them',
  (dtype) => {
    const cases = { ...fc.sample(fc.record(OP_CASES), { seed: 1, numRuns: 1 })[0] };
    cases.cast = (leaf) => cast(leaf([2]), 'i32');
    // A cast to the same type is not a node but the case's leaf.
    const { outputs } = buildCases(cases, { seed: 1, dtype });
    const found = Object.fromEntries(Object.entries(outputs).map(([name, tensor]) => [name, tensor.dtype]));
    const expected = Object.entries(GIVEN).flatMap(([name, given]) =>
      given[dtype] ? [[name, given[dtype]]] : [],
    );
    expect(found).toEqual(Object.fromEntries(expected));
  },
);

const x = (dtype: DType, ...shape: number[]) => input(`x ${dtype} ${shape.join()}`, shape, dtype);

test.each<[message: string, build: () => Tensor]>([
  [
    'add(f16, f32): its operands must have the same element type; cast them',
    () => add(x('f16', 2), x('f32', 2)),
  ],
  ['select(f32, f16, f32): its operands', () => select(x('f32', 2), x('f16', 2), x('f32', 2))],
  ['matmul(f32, f16): its operands', () => matmul(x('f32', 2, 2), x('f16', 2, 2))],
  ['conv2d(f16, f32): its operands', () => conv2d(x('f16', 1, 1, 2, 2), x('f32', 1, 1, 1, 1))],
  ['concat(f16, f16, f32): its operands', () => concat([x('f16', 2), x('f16', 2), x('f32', 2)], 0)],
  ['groupNorm(f16, f32, f32): its operands', () => groupNorm(x('f16', 1, 2), 1, x('f32', 2), x('f32', 2), 1)],
  [
    'attention(f16, f16, f16, f32): its operands',
    () => attention(x('f16', 2, 2), x('f16', 2, 2), x('f16', 2, 2), { scale: 1, mask: x('f32', 2, 2) }),
  ],
  ['matmul(i32, i32): it accepts f32 or f16', () => matmul(x('i32', 2, 2), x('i32', 2, 2))],
  ['sum(i32): it accepts f32 or f16', () => sum(x('i32', 2))],
  ['gather(f32, f32): the indices must be i32', () => gather(x('f32', 2), x('f32', 2))],
  ['scatterAdd(f16, f32): the indices must be i32', () => scatterAdd(x('f16', 2), x('f32', 2), 2)],
  [
    'adamw(f16, f32, f32, f32, f32, f32): its operands',
    () =>
      adamw(
        {
          parameter: x('f16', 2),
          firstMoment: x('f32', 2),
          secondMoment: x('f32', 2),
          learningRate: x('f32'),
          correction1: x('f32'),
          correction2: x('f32'),
        },
        { epsilon: 1, weightDecay: 0 },
      ),
  ],
])('%s', (message, build) => {
  expect(build).toThrow(message);
});

describe('a constant out of range of its type is rejected', () => {
  test.each<[DType, number]>([
    ['f16', -1e30],
    ['f16', 65536],
    ['f16', 1e-8],
    ['f32', 1e39],
    ['f32', 1e-46],
    ['i32', 0.5],
    ['i32', 2 ** 31],
    ['i32', NaN],
  ])('%s: %f', (dtype, value) => {
    expect(() => constant(value, [], dtype)).toThrow(
      `constant(${dtype}): ${dtype} cannot represent ${value}`,
    );
  });

  test('within an array, and as a number operand', () => {
    expect(() => constant(Float32Array.of(1, -1e30), [2], 'f16')).toThrow(
      'f16 cannot represent -1.0000000150474662e+30',
    );
    expect(() => mul(x('f16', 2), 1e5)).toThrow('f16 cannot represent 100000');
    expect(() => add(x('i32', 2), 0.5)).toThrow('i32 cannot represent 0.5');
  });

  test('and one within it is accepted', () => {
    for (const value of [0, -0, 1, -65504, 2 ** -24, Infinity, NaN])
      expect(isHeldBy('f16', value)).toBe(true);
    for (const value of [0, -(2 ** 31), 2 ** 31 - 1]) expect(isHeldBy('i32', value)).toBe(true);
  });
});

test('sums and means of f16 are f32 and may exceed 65504', () => {
  const [total, average] = [sum(x('f16', 4)), mean(x('f16', 4))];
  expect([total.dtype, average.dtype]).toEqual(['f32', 'f32']);
  const values = { inputs: { 'x f16 4': [40000, 40000, 40000, 8] } };
  expect(evaluateTensors([total, average], values)).toEqual([
    Float64Array.of(120008),
    Float64Array.of(30002),
  ]);
});

test('the derivative of every op can be built in f16 and is the same function as in f32', () => {
  const notDifferentiated: readonly OpName[] = ['adamw', 'greater', 'equal'];
  for (const cases of fc.sample(fc.record(OP_CASES), { seed: 2, numRuns: 20 })) {
    for (const [name, build] of Object.entries(cases)) {
      if (notDifferentiated.includes(name as OpName)) continue;
      const [single, half] = (['f32', 'f16'] as const).map((dtype) => {
        const { outputs, inputs, state } = buildCases({ [name]: build }, { seed: 3, dtype });
        const output = outputs[name];
        if (output.dtype === 'i32') return undefined;
        const leaves = topologicalOrder([output]).filter(
          (tensor) => tensor.dtype !== 'i32' && ['input', 'state'].includes(tensor.op.name),
        );
        const found = gradients(mean(mul(output, output)), leaves);
        expect(found.map((gradient) => gradient.dtype)).toEqual(leaves.map(() => dtype));
        return evaluateTensors(found, { inputs, state });
      });
      half?.forEach((gradient, i) => {
        // Only the operands are rounded: the float64 evaluation ignores casts between floats.
        expect(difference(gradient, single![i]), name).toBeLessThan(0.02);
      });
    }
  }
});
