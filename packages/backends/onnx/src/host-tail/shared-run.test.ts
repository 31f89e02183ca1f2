import {
  add,
  exp,
  input,
  mul,
  nodesOf,
  program,
  sizeOf,
  state,
  sub,
  sum,
  type Tensor,
} from '@rewardedit/graph';
import { someValues } from '@rewardedit/graph/testing';
import { expect, onTestFinished, test } from 'vitest';
import { takesSharedMemory } from '../shared-memory.ts';
import { createEntry } from '../state-entry.ts';
import { planHost } from './host-plan.ts';
import { hostNodes } from './partition.ts';
import { prepareSteps, type HostArrays } from './run-host-plan.ts';
import { createSharedRun } from './shared-run.ts';

type Arrays = Record<string, Float32Array>;

const LENGTHS = { a: 300_001, b: 400_000, c: 290_000, d: 120_000, e: 5 };
const NAMES = Object.keys(LENGTHS) as (keyof typeof LENGTHS)[];

/**
 * Weights with gradients that the host does not compute, and the sum over all gradients, which every update
 * needs.
 */
function descent(scale?: Tensor) {
  const gradients = Object.fromEntries(NAMES.map((name) => [name, exp(input(name, [LENGTHS[name]]))]));
  const norm = NAMES.map((name) => sum(scale ? mul(gradients[name], scale) : gradients[name])).reduce(
    (a, b) => add(a, b),
  );
  const updates = NAMES.map((name) => {
    const weight = state(`w.${name}`, [LENGTHS[name]]);
    return [`w.${name}`, sub(weight, mul(gradients[name], norm))] as const;
  });
  return program({ outputs: { norm }, updates: Object.fromEntries(updates) });
}

function arraysOf(entries: Arrays, results: Arrays, outputs: Arrays): HostArrays {
  return {
    read: ({ from, name }) => (from === 'state' ? entries : results)[name],
    target: ({ to, name }, length) =>
      to === 'state' ? entries[name] : (outputs[name] = new Float32Array(length)),
  };
}

const inSharedMemory = (values: Float32Array) => createEntry(values).shared();

test('two threads compute the same as one, bit for bit', async () => {
  const built = descent();
  const { plan, results: needed } = planHost(built, hostNodes(built));
  const lengths = new Map(nodesOf(built).map((tensor) => [`host/${tensor.id}`, sizeOf(tensor.shape)]));
  const results: Arrays = Object.fromEntries(
    Object.keys(needed).map((name) => [name, inSharedMemory(new Float32Array(lengths.get(name)!))]),
  );
  const begin = () =>
    Object.entries(built.state).map(
      ([name, { shape }], i) => [name, someValues(sizeOf(shape), 10 + i)] as const,
    );
  const expected: Arrays = Object.fromEntries(begin());
  const actual: Arrays = Object.fromEntries(begin().map(([name, values]) => [name, inSharedMemory(values)]));
  const outputs: Record<'expected' | 'actual', Arrays> = { expected: {}, actual: {} };
  const alone = prepareSteps(plan.steps, new Float64Array(plan.scalars));
  const seen = new Set<string>();
  const shared = createSharedRun(plan, {
    shared: (name) => {
      seen.add(name);
      return actual[name];
    },
    result: (name) => results[name],
  });
  onTestFinished(shared.dispose);
  expect(seen.size).toBeGreaterThan(0);
  expect(seen.size).toBeLessThan(NAMES.length - 1);
  for (let run = 0; run < 3; run++) {
    // The model writes the results of each run to the same memory.
    Object.values(results).forEach((values, i) => values.set(someValues(values.length, 20 * run + i)));
    alone(arraysOf(expected, results, outputs.expected));
    await shared.run(arraysOf(actual, results, outputs.actual));
  }
  for (const name of Object.keys(built.state))
    expect(Buffer.compare(Buffer.from(expected[name].buffer), Buffer.from(actual[name].buffer)), name).toBe(
      0,
    );
  expect(outputs.actual).toEqual(outputs.expected);
});

test.each([
  { what: 'results outside shared memory', isSeen: false, scale: undefined },
  { what: 'sums that depend on a scalar', isSeen: true, scale: input('s', []) },
])('$what are not given to the second thread', async ({ isSeen, scale }) => {
  const built = descent(scale);
  const { plan, results: needed } = planHost(built, hostNodes(built));
  const lengths = new Map(nodesOf(built).map((tensor) => [`host/${tensor.id}`, sizeOf(tensor.shape)]));
  const entries: Arrays = Object.fromEntries(
    Object.entries(built.state).map(([name, { shape }]) => [
      name,
      inSharedMemory(new Float32Array(sizeOf(shape))),
    ]),
  );
  const results: Arrays = Object.fromEntries(
    Object.keys(needed).map((name) => [name, inSharedMemory(new Float32Array(lengths.get(name)!).fill(1))]),
  );
  const run = createSharedRun(plan, {
    shared: (name) => entries[name],
    result: (name) => (isSeen ? results[name] : undefined),
  });
  onTestFinished(run.dispose);
  await run.run(arraysOf(entries, { ...results, s: Float32Array.of(1) }, {}));
  const total = Object.values(LENGTHS).reduce((a, b) => a + b);
  for (const values of Object.values(entries)) expect(values[1]).toBe(-total);
});

const [NODE] = process.versions.node.split('.').map(Number);

test.runIf(NODE >= 24)('ONNX Runtime accepts shared memory from Node 24 on', async () => {
  expect(await takesSharedMemory()).toBe(true);
});
