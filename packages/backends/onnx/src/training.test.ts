import {
  accumulatedTrainingStep,
  add,
  cast,
  conv2d,
  evaluate,
  groupNorm,
  initialLossScale,
  input,
  matmul,
  mean,
  mul,
  reshape,
  silu,
  state,
  stateNames,
  sub,
  trainingScalars,
  trainingStep,
  type Backend,
  type Program,
  type Tensor,
  type TensorData,
} from '@rewardedit/graph';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createOnnxBackend } from './onnx-backend.ts';
import { planProgram } from './plan.ts';
import { createState, relativeError, someValues } from '@rewardedit/graph/testing';

let backend: Backend;
beforeAll(async () => {
  backend = await createOnnxBackend();
});
afterAll(() => backend.dispose());

const BATCH = 2;
const ADAMW = { betas: [0.9, 0.999], epsilon: 1e-8, weightDecay: 0.01 } as const;
const SHAPES: Readonly<Record<string, readonly number[]>> = {
  kernel: [4, 2, 3, 3],
  bias: [4],
  gain: [4],
  shift: [4],
  matrix: [3, 4 * 16],
};

function network(): { loss: Tensor; parameters: Record<string, Tensor> } {
  const parameters = Object.fromEntries(
    Object.entries(SHAPES).map(([name, shape]) => [name, state(name, shape)]),
  );
  const { kernel, bias, gain, shift, matrix } = parameters;
  const convolved = add(
    conv2d(input('x', [BATCH, 2, 4, 4]), kernel, { padding: 1 }),
    reshape(bias, [1, 4, 1, 1]),
  );
  const rows = reshape(silu(groupNorm(convolved, 2, gain, shift, 1e-5)), [BATCH, 4 * 16]);
  const error = sub(matmul(rows, matrix, { transposeB: true }), input('target', [BATCH, 3]));
  return { loss: mean(mul(error, error)), parameters };
}

/** Initial values of all state entries of the programs. */
function start(...programs: readonly Program[]): Record<string, Float32Array> {
  const names = new Set(programs.flatMap((each) => Object.keys(each.state)));
  const parameter = (name: string) =>
    someValues(
      SHAPES[name].reduce((a, b) => a * b),
      name.length,
    );
  return Object.fromEntries(
    [...names].map((name) => {
      const [of] = Object.keys(SHAPES).filter((each) => name === each || name.endsWith(`.${each}`));
      const begins = name === of || name === stateNames.average(of) ? parameter(of) : parameter(of).fill(0);
      return [name, begins];
    }),
  );
}

function batch(step: number) {
  return { x: someValues(BATCH * 32, step), target: someValues(BATCH * 3, 7 * step) };
}

const scalars = (step: number) => trainingScalars({ step, learningRate: 0.01, adamw: ADAMW, emaDecay: 0.8 });

test('five steps with clipping, AdamW and a moving average equal the float64 evaluation', async () => {
  const step = trainingStep({ ...network(), adamw: ADAMW, maxNorm: 0.5, ema: true });
  let expected: Record<string, ArrayLike<number>> = start(step);
  const memory = await createState(backend, step, start(step));
  const executable = await backend.compile(step, memory);
  for (let i = 1; i <= 5; i++) {
    const inputs = { ...batch(i), ...scalars(i) };
    const actual = await executable.run(inputs);
    const reference = evaluate(step, { inputs, state: expected });
    expected = reference.state;
    for (const [name, value] of Object.entries(reference.outputs)) {
      expect(relativeError(actual[name], value), `${name} in step ${i}`).toBeLessThan(1e-5);
    }
  }
  for (const [name, value] of Object.entries(expected)) {
    expect(relativeError(await memory.read(name), value), name).toBeLessThan(1e-5);
  }
});

test('a step over micro-batches equals the float64 evaluation, and applying it needs no model', async () => {
  const { collect, apply } = accumulatedTrainingStep(
    { ...network(), adamw: ADAMW, ema: true, maxNorm: 0.5 },
    2,
  );
  const both = { ...collect, state: { ...collect.state, ...apply.state } };
  let expected: Record<string, ArrayLike<number>> = start(collect, apply);
  const memory = await createState(backend, both, start(collect, apply));
  expect(planProgram(apply, { frozen: new Set(), fusedMatMul: true }).model).toBeUndefined();
  const [collecting, applying] = [
    await backend.compile(collect, memory),
    await backend.compile(apply, memory),
  ];
  for (let i = 1; i <= 3; i++) {
    for (const part of [0, 1]) {
      const inputs = batch(2 * i + part);
      await collecting.run(inputs);
      expected = evaluate(collect, { inputs, state: expected }).state;
    }
    const inputs = scalars(i);
    const actual = await applying.run(inputs);
    const reference = evaluate(apply, { inputs, state: expected });
    expected = reference.state;
    expect(relativeError(actual['gradient_norm'], reference.outputs['gradient_norm'])).toBeLessThan(1e-5);
  }
  for (const [name, value] of Object.entries(expected)) {
    expect(relativeError(await memory.read(name), value), name).toBeLessThan(1e-5);
  }
});

test('a step with non-finite gradients has no effect, also on the next one', async () => {
  const step = trainingStep({ ...network(), adamw: ADAMW, maxNorm: 0.5, ema: true });
  const plan = planProgram(step, { frozen: new Set(), fusedMatMul: true });
  expect(plan.updates).toEqual({});
  const [memory, untouched] = [
    await createState(backend, step, start(step)),
    await createState(backend, step, start(step)),
  ];
  const executables = [await backend.compile(step, memory), await backend.compile(step, untouched)];
  const { x, target } = batch(1);
  for (const broken of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const outputs = await executables[0].run({ x: x.with(3, broken), target, ...scalars(1) });
    expect(outputs['gradient_norm'][0]).not.toSatisfy(Number.isFinite);
  }
  for (const name of Object.keys(step.state))
    expect(await memory.read(name), name).toEqual(await untouched.read(name));
  for (const executable of executables) await executable.run({ ...batch(2), ...scalars(1) });
  for (const name of Object.keys(step.state))
    expect(await memory.read(name), name).toEqual(await untouched.read(name));
});

test('two training runs are equal bit for bit', async () => {
  async function trained(): Promise<Record<string, Float32Array>> {
    const step = trainingStep({ ...network(), adamw: ADAMW, maxNorm: 0.5, ema: true });
    const memory = await createState(backend, step, start(step));
    const executable = await backend.compile(step, memory);
    for (let i = 1; i <= 4; i++) await executable.run({ ...batch(i), ...scalars(i) });
    const names = Object.keys(step.state);
    return Object.fromEntries(await Promise.all(names.map(async (name) => [name, await memory.read(name)])));
  }
  expect(await trained()).toEqual(await trained());
});

test('a step that overflows is skipped and lowers the loss scale, others train', async () => {
  const weight = state('weight', [16, 16]);
  // ONNX Runtime's CPU provider computes float16 ops in float32, so it takes this much to overflow.
  const lossScale = { initial: 2 ** 127 };
  const y = matmul(cast(input('x', [4, 16]), 'f16'), cast(weight, 'f16'));
  const error = sub(y, cast(input('target', [4, 16]), 'f16'));
  const step = trainingStep({
    loss: mean(mul(error, error)),
    parameters: { weight },
    adamw: ADAMW,
    lossScale,
  });
  const zeros = new Float32Array(256);
  const begins = {
    weight: someValues(256),
    [stateNames.firstMoment('weight')]: zeros,
    [stateNames.secondMoment('weight')]: zeros,
    ...initialLossScale(lossScale),
  };
  const memory = await createState(backend, step, begins);
  const executable = await backend.compile(step, memory);
  const inputs = {
    x: someValues(64, 1).map((value) => 10 * value),
    target: someValues(64, 2),
  };
  const seen: { weight: TensorData; skipped: number; scale: number; loss: number }[] = [];
  for (let i = 1; i <= 30; i++) {
    const [steps] = await memory.read(stateNames.steps);
    const rates = trainingScalars({ step: steps + 1, learningRate: 0.01, adamw: ADAMW });
    const outputs = await executable.run({ ...inputs, ...rates });
    const [[loss], [skipped], [scale]] = ['loss', 'skipped', 'loss_scale'].map((name) => outputs[name]);
    seen.push({ weight: await memory.read('weight'), skipped, scale, loss });
  }
  expect(seen[0]).toMatchObject({ skipped: 1, weight: begins.weight });
  const skipped = seen.filter((each) => each.skipped === 1);
  expect(skipped.length).toBeLessThan(20);
  expect(seen[29]).toMatchObject({ skipped: 0, scale: 2 ** (127 - skipped.length) });
  expect(seen[29].loss).toBeLessThan(seen[0].loss / 2);
  expect((await memory.read(stateNames.steps))[0]).toBe(30 - skipped.length);
});
