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
  transpose,
  type Program,
  type Tensor,
  type TensorData,
} from '@rewardedit/graph';
import { createState, relativeError, someValues } from '@rewardedit/graph/testing';
import { describe, expect, test } from 'vitest';
import { lower } from './lowering/lower.ts';
import { testBackend } from './testing/test-backend.ts';

const backend = (await testBackend())!;

const w = state('w', [2]);
const x = input('x', [2]);
const values = { w: Float32Array.of(3, 5) };

describe.skipIf(!backend)('state', () => {
  test('is written, read, and shared by programs', async () => {
    const step = program({ outputs: {}, updates: { w: add(w, x) } });
    const look = program({ outputs: { doubled: mul(w, 2) } });
    const memory = await createState(backend, step, values);
    const [stepping, looking] = [await backend.compile(step, memory), await backend.compile(look, memory)];
    await stepping.run({ x: Float32Array.of(1, -1) });
    await stepping.run({ x: Float32Array.of(1, -1) });
    expect([...(await looking.run({}))['doubled']]).toEqual([10, 6]);
    expect([...(await memory.read('w'))]).toEqual([5, 3]);
  });

  test('all new values are computed from the old ones', async () => {
    const [a, b] = [state('a', [2, 3]), state('b', [2, 3])];
    const turned = reshape(transpose(a, [1, 0]), [2, 3]);
    const swap = program({
      outputs: { before: a },
      updates: { a: b, b: a, c: turned, d: add(turned, state('d', [2, 3])) },
    });
    const start = Object.fromEntries(['a', 'b', 'c', 'd'].map((name, i) => [name, someValues(6, i)]));
    const memory = await createState(backend, swap, start);
    const executable = await backend.compile(swap, memory);
    const { outputs, state: after } = evaluate(swap, { state: start });
    expect(relativeError((await executable.run({}))['before'], outputs['before'])).toBe(0);
    for (const [name, expected] of Object.entries(after))
      expect(relativeError(await memory.read(name), expected), name).toBeLessThan(1e-6);
  });

  test('frozen, it stays as it was, whoever writes, and may be released', async () => {
    const step = program({ outputs: {}, updates: { w: add(w, x) } });
    const look = program({ outputs: { y: mul(w, x) } });
    const memory = await createState(backend, look, values);
    const frozen = await backend.compile(look, memory, { freeze: 'all' });
    const late = await backend.compile(look, memory, { freeze: 'all' });
    const stepping = await backend.compile(step, memory);
    const ones = { x: Float32Array.of(1, 1) };
    await stepping.run(ones);
    expect([...(await frozen.run(ones))['y']]).toEqual([3, 5]);
    await memory.write('w', Float32Array.of(0, 0));
    const zero = await backend.compile(look, memory, { freeze: 'all' });
    await memory.release(['w']);
    expect([...(await late.run(ones))['y']]).toEqual([3, 5]);
    expect([...(await zero.run(ones))['y']]).toEqual([0, 0]);
    await expect(stepping.run(ones)).rejects.toThrow('entry "w" was released');
  });

  test('f16 is carried as its bits', async () => {
    const half = state('half', [3], 'f16');
    const built = program({ outputs: { same: half }, updates: { half: mul(half, 2) } });
    const memory = await backend.createState(built.state);
    const bits = Uint16Array.of(0x3c00, 0x3555, 0xc000);
    await memory.write('half', bits);
    const executable = await backend.compile(built, memory);
    expect((await executable.run({}))['same']).toEqual(bits);
    expect(await memory.read('half')).toEqual(Uint16Array.of(0x4000, 0x3955, 0xc400));
  });
});

describe.skipIf(!backend)('what is wrong is said', () => {
  const built = program({ outputs: { y: add(w, x) } });

  test('about inputs and state', async () => {
    const memory = await createState(backend, built, values);
    const executable = await backend.compile(built, memory);
    await expect(executable.run({})).rejects.toThrow('input "x" was not given');
    await expect(executable.run({ x: new Float32Array(3) })).rejects.toThrow('"x" has 2 values, not 3');
    await expect(memory.write('w', new Uint16Array(2))).rejects.toThrow('"w" holds f32');
    await expect(memory.read('v')).rejects.toThrow('"v"');
    await executable.dispose();
    await expect(executable.run({ x: values.w })).rejects.toThrow('disposed');
  });

  test('about memory, before it is taken', async () => {
    const large = program({ outputs: { total: sum(matmul(w2(2048), w2(2048))) } });
    const need = backend.memory({ states: [large.state], programs: [{ program: large }] });
    expect(need.state).toBe(2048 * 2048 * 4);
    expect(need.activations).toBeGreaterThanOrEqual(2048 * 2048 * 4);
    expect(need.activations).toBeLessThan(2048 * 2048 * 4 + 65536);
  });

  const w2 = (size: number) => state('square', [size, size]);
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

describe.skipIf(!backend)('training', () => {
  const step = () => trainingStep({ ...network(), adamw: ADAMW, maxNorm: 0.5, ema: true });
  const inputs = (i: number) => ({
    x: someValues(64, i),
    target: someValues(6, 7 * i),
    ...trainingScalars({ step: i, learningRate: 0.01, adamw: ADAMW, emaDecay: 0.8 }),
  });

  test('five steps with clipping, AdamW and a moving average are those of the float64 evaluation', async () => {
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

  test('a parameter, its moments and its average are updated by one kernel', () => {
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
    // Where a kernel cannot bind so many tensors, there is one for each.
    expect(updating(8)).toHaveLength(4 * Object.keys(SHAPES).length);
  });

  test('two trainings are the same bit for bit', async () => {
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
