import { RewardEditError } from '@rewardedit/core';
import { evaluate, type Backend, type Program, type TensorData } from '@rewardedit/graph';
import { expect, test } from 'vitest';
import { selfTest } from './self-test.ts';

/** A backend that is the reference, but for what `spoil` makes of a value. */
function referenceBackend(spoil: (value: number) => number): Backend {
  const entries: Record<string, TensorData> = {};
  return {
    name: 'reference',
    createState: async (specs) => ({
      specs,
      released: new Set<string>(),
      read: async (name) => entries[name],
      write: async (name, values) => void (entries[name] = values),
      release: async () => undefined,
      dispose: async () => undefined,
    }),
    compile: async <Inputs extends string, Outputs extends string>(program: Program<Inputs, Outputs>) => ({
      run: async (inputs: Readonly<Record<string, TensorData>>) => {
        const { outputs } = evaluate(program, { inputs, state: entries });
        return Object.fromEntries(
          Object.entries(outputs).map(([name, values]) => [name, Float32Array.from(values, spoil)]),
        ) as Record<Outputs, TensorData>;
      },
      dispose: async () => undefined,
    }),
    memory: () => ({ state: 0, frozen: 0, activations: 0, workspace: 0 }),
    availableMemory: () => 0,
    batchPays: () => false,
    onEvent: () => () => undefined,
    dispose: async () => undefined,
  };
}

test('passes what computes rightly', async () => {
  const { outcome, largestError } = await selfTest('good', async () => referenceBackend((value) => value));
  expect(outcome).toBe('passed');
  expect(largestError).toBeLessThan(1e-6);
});

test.each([
  ['a hundredth too much', (value: number) => value * 1.01],
  ['something that is not a number', (value: number) => (value > 0 ? value : Number.NaN)],
])('fails what computes %s', async (_name, spoil) => {
  const { outcome, largestError } = await selfTest('bad', async () => referenceBackend(spoil));
  expect(outcome).toBe('failed');
  expect(largestError).toBeGreaterThan(5e-3);
});

test('tells what cannot be started from what does not exist', async () => {
  const throws = (code: 'failed' | 'usage') => async () => {
    throw new RewardEditError(code, 'no device\nwas found');
  };
  expect(await selfTest('x', throws('failed'))).toEqual({
    backend: 'x',
    outcome: 'not available',
    problem: 'no device',
  });
  await expect(selfTest('x', throws('usage'))).rejects.toMatchObject({ code: 'usage' });
});
