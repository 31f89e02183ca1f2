import {
  broadcastTo,
  abs,
  add,
  div,
  equal,
  evaluate,
  greater,
  input,
  maximum,
  minimum,
  mul,
  neg,
  program,
  reshape,
  select,
  sizeOf,
  sqrt,
  state,
  sub,
  sum,
  type NamedTensors,
  type Program,
  type Tensor,
} from '@rewardedit/graph';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { relativeError, someValues } from '@rewardedit/graph/testing';
import { planHost } from './host-plan.ts';
import { hostNodes } from './partition.ts';
import { prepareSteps } from './run-host-plan.ts';

type Arrays = Record<string, Float32Array>;

/** Runs a program that consists only of the host's part. */
function runOnHost(built: Program, inputs: Arrays, entries: Arrays): Arrays {
  const { plan, results } = planHost(built, hostNodes(built));
  expect(results).toEqual({});
  const outputs: Arrays = {};
  prepareSteps(
    plan.steps,
    new Float64Array(plan.scalars),
  )({
    read: ({ from, name }) => (from === 'state' ? entries[name] : inputs[name]),
    target: ({ to, name }, length) =>
      to === 'state' ? entries[name] : (outputs[name] = new Float32Array(length)),
  });
  return outputs;
}

function copies(entries: Arrays): Arrays {
  return Object.fromEntries(Object.entries(entries).map(([name, values]) => [name, values.slice()]));
}

// Longer than a block of the kernels, and not a multiple of four.
const LENGTH = 8192 + 3;
const SHAPE = [LENGTH];
const leaves = {
  a: state('a', SHAPE),
  b: state('b', SHAPE),
  c: input('c', SHAPE),
  s: input('s', []),
  t: state('t', []),
};
const inputs = { c: someValues(LENGTH, 2), s: Float32Array.of(0.75) };
const entries = { a: someValues(LENGTH), b: someValues(LENGTH, 1), t: Float32Array.of(-0.5) };

type Unary = (x: Tensor) => Tensor;
type Binary = (x: Tensor, y: Tensor) => Tensor;

const exactUnary: readonly Unary[] = [neg, abs, (x) => mul(x, -0.5)];
const exactBinary: readonly Binary[] = [maximum, minimum, greater, equal];
const unary: readonly Unary[] = [neg, abs, (x) => sqrt(add(abs(x), 1)), (x) => mul(x, -1.5)];
const binary: readonly Binary[] = [
  add,
  sub,
  mul,
  maximum,
  minimum,
  (x, y) => div(x, add(abs(y), 1)),
  // the mean over all elements
  (x, y) => add(mul(reshape(sum(x), []), 1 / LENGTH), y),
];

/**
 * Element-wise expressions over the leaves, a few levels deep. Comparisons and roots near zero are only
 * applied to operands that float32 computes exactly: otherwise the last bit of float32 decides a comparison,
 * and a root amplifies it to 2e-4, so that a correct result differs from float64.
 */
const expression = fc.letrec<Record<'leaf' | 'exact' | 'root' | 'unary' | 'binary' | 'tensor', Tensor>>(
  (tie) => ({
    leaf: fc.constantFrom(...Object.values(leaves)),
    exact: fc.oneof(
      { maxDepth: 3 },
      tie('leaf'),
      fc.tuple(fc.constantFrom(...exactUnary), tie('exact')).map(([op, x]) => op(x)),
      fc.tuple(fc.constantFrom(...exactBinary), tie('exact'), tie('exact')).map(([op, x, y]) => op(x, y)),
    ),
    root: tie('exact').map((x) => sqrt(abs(x))),
    unary: fc.tuple(fc.constantFrom(...unary), tie('tensor')).map(([op, x]) => op(x)),
    binary: fc.tuple(fc.constantFrom(...binary), tie('tensor'), tie('tensor')).map(([op, x, y]) => op(x, y)),
    tensor: fc.oneof({ maxDepth: 3 }, tie('exact'), tie('root'), tie('unary'), tie('binary')),
  }),
).tensor;

function check(built: Program): void {
  const before = copies(entries);
  const after = copies(entries);
  const outputs = runOnHost(built, inputs, after);
  const expected = evaluate(built, { inputs, state: before });
  for (const name of Object.keys(built.outputs)) {
    expect(relativeError(outputs[name], expected.outputs[name]), name).toBeLessThan(1e-5);
  }
  for (const name of Object.keys(built.state)) {
    expect(relativeError(after[name], expected.state[name] ?? before[name as 'a']), name).toBeLessThan(1e-5);
  }
}

test('element-wise expressions equal the float64 evaluation, all from the old values', () => {
  const vector = (x: Tensor) => add(mul(leaves.a, 0.5), x);
  fc.assert(
    fc.property(expression, expression, expression, (x, y, z) => {
      // Each entry's new value may read the other's old one.
      const updates: NamedTensors = {
        a: vector(x),
        b: sub(leaves.b, y),
        t: add(leaves.t, mul(reshape(sum(mul(leaves.b, z)), []), 1 / LENGTH)),
      };
      const read = reshape(sum(mul(leaves.a, leaves.t)), []);
      check(program({ outputs: { read }, updates }));
    }),
    { numRuns: 60 },
  );
});

test('two entries may swap their values', () => {
  check(program({ outputs: {}, updates: { a: add(leaves.b, 0), b: add(leaves.a, 0) } }));
});

test('masks choose', () => {
  const mask = greater(leaves.a, 0);
  const chosen = select(mask, leaves.b, neg(leaves.a));
  check(program({ outputs: {}, updates: { a: chosen } }));
  const total = reshape(sum(mul(chosen, chosen)), []);
  check(program({ outputs: { total }, updates: { a: mul(leaves.a, total) } }));
});

test.each([0, 1])('a pass that depends on one condition (%d) runs or is skipped as a whole', (number) => {
  const condition = greater(mul(leaves.s, number), 0);
  const onlyThen = (value: Tensor, old: Tensor) => select(broadcastTo(condition, SHAPE), value, old);
  const sum2 = add(leaves.a, leaves.b);
  const all = program({
    outputs: {},
    updates: { a: onlyThen(sum2, leaves.a), b: onlyThen(neg(sum2), leaves.b) },
  });
  check(all);
  const stepsOf = (built: Program) =>
    planHost(built, hostNodes(built)).plan.steps.flatMap((step) => (step.type === 'update' ? [step] : []));
  expect(stepsOf(all).map((step) => step.unlessZero !== undefined)).toEqual([true]);
  // A value other than the entry's own, or an unconditional update next to it.
  for (const updates of [{ a: onlyThen(sum2, leaves.b) }, { a: onlyThen(sum2, leaves.a), b: sum2 }]) {
    const built = program({ outputs: {}, updates });
    check(built);
    expect(stepsOf(built).map((step) => step.unlessZero)).toEqual([undefined]);
  }
});

test('an output may be an intermediate value of an update', () => {
  const scaled = mul(leaves.a, leaves.s);
  check(program({ outputs: { scaled }, updates: { a: sub(leaves.a, scaled) } }));
});

test('sums accumulate in float64, over any number of elements', () => {
  for (const length of [2, 3, 4, 5, 7, 8, 9, 1000, 8192, 20_001]) {
    const big = state('big', [length]);
    const total = reshape(sum(big), []);
    const built = program({ outputs: { total }, updates: { big: mul(big, total) } });
    // In float32, each 1 would be lost next to 2^25.
    const values = Float32Array.from({ length }, (_, i) => (i === 0 ? 2 ** 25 : 1));
    const { total: actual } = runOnHost(built, {}, { big: values.slice() });
    expect(actual[0]).toBe(Math.fround(2 ** 25 + length - 1));
    expect(sizeOf(total.shape)).toBe(1);
  }
});

test('tensors with the same computation share a kernel', () => {
  const updates = Object.fromEntries(
    ['a', 'b', 'c', 'd'].map((name, i) => {
      const entry = state(name, [10 + i]);
      return [name, sub(entry, mul(entry, input('rate', [])))];
    }),
  );
  const built = program({ outputs: {}, updates });
  const { steps } = planHost(built, hostNodes(built)).plan;
  const kernels = steps.flatMap((step) => (step.type === 'update' ? [JSON.stringify(step.call.kernel)] : []));
  expect(kernels).toHaveLength(4);
  expect(new Set(kernels).size).toBe(1);
});
