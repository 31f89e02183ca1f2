import { expect, test } from 'vitest';
import fc from 'fast-check';
import { evaluate } from './evaluate.ts';
import { gradients } from './gradients.ts';
import { silu } from './activations.ts';
import { adamwUpdates } from './optimizer/adamw-updates.ts';
import { cast } from './ops/cast.ts';
import { add, exp, mul, sub, tanh } from './ops/elementwise.ts';
import { constant, input, state } from './ops/leaf.ts';
import { matmul } from './ops/matmul.ts';
import { broadcastTo, reshape } from './ops/movement.ts';
import { mean, sum } from './ops/reduction.ts';
import { nodesOf, program } from './program.ts';
import { recompute } from './recompute.ts';
import { simplify, useCounts } from './simplify.ts';
import type { Tensor } from './tensor.ts';
import { difference } from './testing/apply.ts';
import { buildCases, OP_CASES } from './testing/op-cases.ts';

const x = input('x', [2, 3]);
const simplified = (y: Tensor) => simplify(program({ outputs: { y } })).outputs.y;
const ops = (y: Tensor) => nodesOf(program({ outputs: { y } })).map(({ op }) => op.name);

test('merges equal subexpressions', () => {
  const twice = () => tanh(mul(input('x', [2, 3]), 3));
  const y = simplified(add(twice(), twice()));
  expect(ops(y).toSorted()).toEqual(['add', 'constant', 'input', 'mul', 'tanh']);
  expect(y.inputs[0]).toBe(y.inputs[1]);
});

test('keeps nodes that differ in any respect', () => {
  const pairs: [Tensor, Tensor][] = [
    [reshape(x, [3, 2]), reshape(x, [6])],
    [constant(0, [2]), constant(-0, [2])],
    [constant(1, [2]), constant(1, [3])],
    [constant(1, [2]), constant(1, [2], 'f16')],
    [constant(NaN), constant(Infinity)],
    [constant(Float32Array.of(1, 2), [2]), constant(Float32Array.of(1, 3), [2])],
    [state('x', [2, 3]), x],
    [mul(x, state('a', [])), mul(x, state('b', []))],
  ];
  for (const [a, b] of pairs) {
    const { outputs } = simplify(program({ outputs: { a, b } }));
    expect(outputs.a).not.toBe(outputs.b);
  }
});

test('folds constants', () => {
  const three = simplified(mul(add(1, broadcastTo(constant(2), [2, 3])), x)).inputs[0];
  expect(three).toMatchObject({ attributes: { values: 3, shape: [2, 3] } });
  const product = simplified(matmul(constant(Float32Array.of(1, 2), [1, 2]), constant(3, [2, 1])));
  expect(product).toMatchObject({ attributes: { values: Float32Array.of(9) } });
  expect(simplified(cast(constant(2.5), 'i32'))).toMatchObject({ attributes: { values: 2 }, dtype: 'i32' });
});

test('leaves a constant out of range of its type to the backend', () => {
  expect(ops(simplified(mul(constant(60000, [], 'f16'), 2)))).toContain('mul');
  expect(ops(simplified(cast(constant(1e6), 'f16')))).toContain('cast');
});

test('drops a factor of one and a subtracted zero, unless they broadcast', () => {
  expect(simplified(sub(mul(mul(1, x), constant(1, [3])), 0))).toBe(x);
  expect(ops(simplified(mul(x, constant(1, [4, 2, 3]))))).toContain('mul');
  expect(ops(simplified(add(x, 0)))).toContain('add'); // -0 + 0 is 0
});

test('keeps recomputation', () => {
  const weight = state('weight', [3, 3]);
  const loss = mean(recompute([mul(x, 2)], (h) => exp(tanh(matmul(h, weight)))));
  const [slope] = gradients(loss, [weight]);
  const count = (y: Tensor) => ops(y).filter((name) => name === 'tanh').length;
  const built = program({ outputs: { loss, slope } });
  const simpler = simplify(built);
  const tanhs = nodesOf(simpler).filter(({ op }) => op.name === 'tanh').length;
  expect(tanhs).toBe(2);
  expect(count(simpler.outputs.loss)).toBe(1);
});

test('keeps names, inputs, state and the order of nodes', () => {
  const weight = state('weight', [2, 3]);
  const h = silu(mul(x, weight));
  const loss = sum(h);
  const [slope] = gradients(loss, [weight]);
  const updates = adamwUpdates({
    parameters: { weight },
    gradients: { weight: slope },
    betas: [0.9, 0.99],
    epsilon: 1e-8,
    weightDecay: 0,
  });
  const built = program({ outputs: { loss }, updates });
  const simpler = simplify(built);
  expect(simpler).toMatchObject({ inputs: built.inputs, state: built.state });
  expect(Object.keys(simpler.updates)).toEqual(Object.keys(built.updates));
  const remaining = nodesOf(simpler).filter(({ inputs }) => inputs.length > 0);
  const names = nodesOf(built)
    .filter(({ inputs }) => inputs.length > 0)
    .map(({ op }) => op.name);
  let at = -1;
  for (const { op } of remaining) {
    at = names.indexOf(op.name, at + 1);
    expect(at).toBeGreaterThanOrEqual(0);
  }
});

test('does not change the results of any program', () => {
  for (const [seed, cases] of fc.sample(fc.record(OP_CASES), { seed: 5, numRuns: 20 }).entries()) {
    const { outputs, ...values } = buildCases(cases, { seed });
    const built = program({ outputs });
    const [before, after] = [built, simplify(built)].map((each) => evaluate(each, values).outputs);
    for (const [name, value] of Object.entries(before))
      expect(difference(after[name], value), name).toBeLessThan(1e-12);
  }
});

test('counts reading nodes and results as uses', () => {
  const h = exp(x);
  const y = mul(h, h);
  const counts = useCounts([y, h]);
  expect([counts.get(x), counts.get(h), counts.get(y)]).toEqual([1, 3, 1]);
});
