import {
  add,
  conv2d,
  evaluate,
  groupNorm,
  input,
  matmul,
  mean,
  mul,
  program,
  reshape,
  silu,
  state,
  stateNames,
  sub,
  sum,
  trainingScalars,
  trainingStep,
  type Program,
  type Tensor,
  type TensorData,
} from '@rewardedit/graph';
import { BACKEND_CONTRACT, createState, relativeError, someValues } from '@rewardedit/graph/testing';
import { describe, expect, test } from 'vitest';
import { lower } from './lowering/lower.ts';
import { testBackend } from './testing/test-backend.ts';

const backend = (await testBackend())!;

describe.skipIf(!backend)('keeps the contract of backends', () => {
  test.each(Object.entries(BACKEND_CONTRACT))('%s', (_, check) => check(backend));
});

test.skipIf(!backend)('computes the memory of a program before allocating it', () => {
  const square = state('square', [2048, 2048]);
  const large = program({ outputs: { total: sum(matmul(square, square)) } });
  const need = backend.memory({ states: [large.state], programs: [{ program: large }] });
  const bytes = 2048 * 2048 * 4;
  expect(need.state).toBe(bytes);
  expect(need.activations).toBeGreaterThanOrEqual(bytes);
  expect(need.activations).toBeLessThan(bytes + 65536);
});

const SHAPES: Readonly<Record<string, readonly number[]>> = {
  kernel: [4, 2, 3, 3],
  bias: [4],
  gain: [4],
  shift: [4],
  matrix: [3, 4 * 16],
};
const ADAMW = { betas: [0.9, 0.999], epsilon: 1e-8, weightDecay: 0.01 } as const;

function network(): { loss: Tensor; parameters: Record<string, Tensor> } {
  const parameters = Object.fromEntries(
    Object.entries(SHAPES).map(([name, shape]) => [name, state(name, shape)]),
  );
  const { kernel, bias, gain, shift, matrix } = parameters;
  const convolved = add(
    conv2d(input('x', [2, 2, 4, 4]), kernel, { padding: 1 }),
    reshape(bias, [1, 4, 1, 1]),
  );
  const rows = reshape(silu(groupNorm(convolved, 2, gain, shift, 1e-5)), [2, 4 * 16]);
  const error = sub(matmul(rows, matrix, { transposeB: true }), input('target', [2, 3]));
  return { loss: mean(mul(error, error)), parameters };
}

function start(step: Program): Record<string, TensorData> {
  return Object.fromEntries(
    Object.keys(step.state).map((name) => {
      const [of] = Object.keys(SHAPES).filter((each) => name === each || name.endsWith(`.${each}`));
      const length = SHAPES[of].reduce((a, b) => a * b);
      const parameter = name === of || name === stateNames.average(of);
      return [name, parameter ? someValues(length, of.length) : new Float32Array(length)];
    }),
  );
}

describe.skipIf(!backend)('training', { timeout: 300_000 }, () => {
  const step = () => trainingStep({ ...network(), adamw: ADAMW, maxNorm: 0.5, ema: true });
  const inputs = (i: number) => ({
    x: someValues(64, i),
    target: someValues(6, 7 * i),
    ...trainingScalars({ step: i, learningRate: 0.01, adamw: ADAMW, emaDecay: 0.8 }),
  });

  test('five steps with clipping, AdamW and a moving average equal the float64 evaluation', async () => {
    const built = step();
    let expected: Record<string, ArrayLike<number>> = start(built);
    const memory = await createState(backend, built, start(built));
    const executable = await backend.compile(built, memory);
    for (let i = 1; i <= 5; i++) {
      const actual = await executable.run(inputs(i));
      const reference = evaluate(built, { inputs: inputs(i), state: expected });
      expected = reference.state;
      for (const [name, value] of Object.entries(reference.outputs))
        expect(relativeError(actual[name], value), `${name} in step ${i}`).toBeLessThan(1e-5);
    }
    for (const [name, value] of Object.entries(expected))
      expect(relativeError(await memory.read(name), value), name).toBeLessThan(1e-5);
  });

  test('one kernel updates a parameter, its moments and its average', () => {
    const traits = { halves: false, software: true, maxStorageBuffers: 12, workgroupMemory: 0 };
    const updating = (most: number) =>
      lower(step(), { ...traits, maxStorageBuffers: most })
        .steps.map(({ written }) =>
          written.flatMap(({ place }) => (place.kind === 'state' ? [place.name] : [])),
        )
        .filter(({ length }) => length > 0);
    const names = [
      stateNames.firstMoment('bias'),
      stateNames.secondMoment('bias'),
      'bias',
      stateNames.average('bias'),
    ];
    expect(
      updating(12)
        .find((written) => written.includes('bias'))
        ?.toSorted(),
    ).toEqual(names.toSorted());
    expect(updating(12)).toHaveLength(Object.keys(SHAPES).length);
    // Kernels that cannot bind enough tensors are split.
    expect(updating(8)).toHaveLength(4 * Object.keys(SHAPES).length);
  });

  test('one dispatch computes the sums of squares of small gradients', () => {
    const traits = { halves: false, software: true, maxStorageBuffers: 12, workgroupMemory: 0 };
    const labels = lower(step(), traits).steps.map(({ label }) => label);
    const count = Object.keys(SHAPES).length - 1;
    expect(labels).toContain(`sum (sum), ${count} together`);
  });

  test('two training runs are equal bit for bit', async () => {
    async function trained(): Promise<TensorData[]> {
      const built = step();
      const memory = await createState(backend, built, start(built));
      const executable = await backend.compile(built, memory);
      for (let i = 1; i <= 3; i++) await executable.run(inputs(i));
      return Promise.all(Object.keys(built.state).map((name) => memory.read(name)));
    }
    expect(await trained()).toEqual(await trained());
  });
});
