import { describe, expect, test } from 'vitest';
import { evaluate, type Values } from '../evaluate.ts';
import { silu } from '../activations.ts';
import { cast } from '../ops/cast.ts';
import { add, greater, mul, sub } from '../ops/elementwise.ts';
import { conv2d } from '../ops/convolution.ts';
import { input, state } from '../ops/leaf.ts';
import { reshape } from '../ops/movement.ts';
import { mean } from '../ops/reduction.ts';
import { sizeOf } from '../shape.ts';
import { nodesOf, type Program } from '../program.ts';
import { topologicalOrder, type NamedTensors, type Tensor } from '../tensor.ts';
import { difference } from '../testing/apply.ts';
import { anywhere } from '../testing/random.ts';
import { accumulate } from './accumulation.ts';
import { initialLossScale } from './loss-scaling.ts';
import { emaDecay } from './moving-average.ts';
import { stateNames } from './state-names.ts';
import { accumulatedTrainingStep, trainingScalars, trainingStep } from './training-step.ts';

const PICTURE = [2, 4, 4];
const PICTURE_SIZE = sizeOf(PICTURE);
const adamw = { betas: [0.9, 0.99], epsilon: 1e-8, weightDecay: 0.1 } as const;

/** Two convolutions that learn to reproduce a target; `frozen` is used but not trained. */
function smallNet(batch: number) {
  const parameters = {
    'first.weight': state('first.weight', [3, 2, 3, 3]),
    'first.bias': state('first.bias', [3]),
    'second.weight': state('second.weight', [2, 3, 3, 3]),
  };
  const h = conv2d(input('x', [batch, ...PICTURE]), parameters['first.weight'], { padding: 1 });
  const activated = silu(add(h, reshape(parameters['first.bias'], [1, 3, 1, 1])));
  const y = mul(conv2d(activated, parameters['second.weight'], { padding: 1 }), state('frozen', []));
  const error = sub(y, input('target', [batch, ...PICTURE]));
  return { loss: mean(mul(error, error)), parameters };
}

function initialState(parameters: NamedTensors): Values {
  const entries = Object.entries(parameters);
  const values = anywhere(
    entries.map(([, { shape }]) => shape),
    3,
  );
  return {
    frozen: [1.5],
    ...Object.fromEntries(
      entries.flatMap(([name], i) => {
        const zeros = new Float64Array(values[i].length);
        return [
          [name, values[i]],
          [stateNames.average(name), values[i]],
          ...[stateNames.firstMoment, stateNames.secondMoment, stateNames.gradient].map((nameOf) => [
            nameOf(name),
            zeros,
          ]),
        ];
      }),
    ),
  };
}

function batches(step: number, size: number) {
  const [x, target] = anywhere(
    [
      [size, ...PICTURE],
      [size, ...PICTURE],
    ],
    100 + step,
  );
  return { x, target };
}

const scalars = (step: number) =>
  trainingScalars({ step, learningRate: 0.01, adamw, emaDecay: emaDecay(step, { decay: 0.99 }) });

describe('trainingStep', () => {
  const { loss, parameters } = smallNet(4);
  const step = trainingStep({ loss, parameters, adamw, maxNorm: 0.5, ema: true });

  test('has the inputs of the loss and of trainingScalars, and optimizer state for trained parameters only', () => {
    expect(Object.keys(step.inputs).toSorted()).toEqual(
      ['x', 'target', ...Object.keys(scalars(1))].toSorted(),
    );
    const kept = (name: string) => [name, `adamw.exp_avg.${name}`, `adamw.exp_avg_sq.${name}`, `ema.${name}`];
    const trained = Object.keys(parameters).flatMap(kept);
    expect(Object.keys(step.updates).toSorted()).toEqual(trained.toSorted());
    expect(Object.keys(step.state).toSorted()).toEqual(['frozen', ...trained].toSorted());
    expect(step.outputs['loss'].shape).toEqual([]);
    expect(step.outputs['gradient_norm'].shape).toEqual([]);
  });

  test('keeps an average only on request', () => {
    const plain = trainingStep({ loss, parameters, adamw });
    const averages = Object.keys(parameters).map(stateNames.average);
    expect(Object.keys(plain.state).filter((name) => averages.includes(name))).toEqual([]);
    expect(Object.keys(plain.inputs)).not.toContain('ema_decay');
  });

  test('learns', () => {
    let values = initialState(parameters);
    const losses: number[] = [];
    for (let n = 1; n <= 60; n++) {
      const { outputs, state } = evaluate(step, {
        inputs: { ...batches(0, 4), ...scalars(n) },
        state: values,
      });
      losses.push(outputs['loss'][0]);
      values = state;
    }
    expect(losses[59]).toBeLessThan(losses[0] / 3);
    expect(Array.from(values['frozen'])).toEqual([1.5]);
  });

  test('the average lags behind the parameters', () => {
    const before = initialState(parameters);
    const decay = 0.75;
    const { state: after } = evaluate(step, {
      inputs: { ...batches(0, 4), ...scalars(1), ema_decay: [decay] },
      state: before,
    });
    for (const name of Object.keys(parameters)) {
      const expected = after[name].map((value, i) => decay * before[name][i] + (1 - decay) * value);
      expect(difference(after[`ema.${name}`], expected)).toBeLessThan(1e-12);
    }
  });

  test('clipping changes the step, not the reported norm', () => {
    const plain = trainingStep({ loss, parameters, adamw });
    const values = { inputs: { ...batches(0, 4), ...scalars(1) }, state: initialState(parameters) };
    const [free, clipped] = [plain, step].map((program) => evaluate(program, values));
    expect(free.outputs).toEqual(clipped.outputs);
    const norm = free.outputs['gradient_norm'][0];
    expect(norm).toBeGreaterThan(0.5);
    const moment = 'adamw.exp_avg.first.bias';
    expect(
      difference(
        clipped.state[moment],
        free.state[moment].map((value) => (value * 0.5) / (norm + 1e-6)),
      ),
    ).toBeLessThan(1e-12);
  });
});

describe.each([Number.NaN, Number.POSITIVE_INFINITY])('a batch that contains %s', (broken) => {
  const { loss, parameters } = smallNet(4);
  const inputs = { ...batches(0, 4), x: batches(0, 4).x.with(5, broken), ...scalars(1) };

  test('leaves the state unchanged and reports a non-finite norm', () => {
    const step = trainingStep({ loss, parameters, adamw, maxNorm: 0.5, ema: true });
    const before = initialState(parameters);
    const { outputs, state: after } = evaluate(step, { inputs, state: before });
    expect(outputs['gradient_norm'][0]).not.toSatisfy(Number.isFinite);
    for (const name of Object.keys(step.updates))
      expect(Array.from(after[name]), name).toEqual(Array.from(before[name]));
  });

  test('leaves no trace in the accumulated gradients', () => {
    const { collect, apply } = accumulatedTrainingStep({ loss, parameters, adamw, maxNorm: 0.5 }, 2);
    const before = initialState(parameters);
    const collected = evaluate(collect, { inputs, state: before }).state;
    const { state: after } = evaluate(apply, { inputs: scalars(1), state: collected });
    for (const name of Object.keys(apply.updates))
      expect(Array.from(after[name]), name).toEqual(Array.from(before[name]));
  });
});

describe('accumulatedTrainingStep', () => {
  test('several micro-batches equal one large batch', () => {
    const [parts, size] = [3, 2];
    const settings = { adamw, maxNorm: 0.5, ema: true };
    const large = smallNet(parts * size);
    const whole = trainingStep({ ...large, ...settings });
    const small = smallNet(size);
    const { collect, apply } = accumulatedTrainingStep({ ...small, ...settings }, parts);
    expect(Object.keys(apply.inputs).toSorted()).toEqual(Object.keys(scalars(1)).toSorted());
    expect(Object.keys(collect.inputs).toSorted()).toEqual(['target', 'x']);

    let expected = initialState(large.parameters);
    let actual = initialState(small.parameters);
    for (let n = 1; n <= 4; n++) {
      const batch = batches(n, parts * size);
      const reference = evaluate(whole, { inputs: { ...batch, ...scalars(n) }, state: expected });
      expected = reference.state;

      let loss = 0;
      for (let part = 0; part < parts; part++) {
        const [from, to] = [part, part + 1].map((edge) => edge * size * PICTURE_SIZE);
        const inputs = { x: batch.x.subarray(from, to), target: batch.target.subarray(from, to) };
        const collected = evaluate(collect, { inputs, state: actual });
        loss += collected.outputs['loss'][0] / parts;
        actual = collected.state;
      }
      const applied = evaluate(apply, { inputs: scalars(n), state: actual });
      actual = applied.state;

      expect(difference([loss], reference.outputs['loss'])).toBeLessThan(1e-12);
      expect(difference(applied.outputs['gradient_norm'], reference.outputs['gradient_norm'])).toBeLessThan(
        1e-12,
      );
      for (const name of Object.keys(expected))
        expect(difference(actual[name], expected[name])).toBeLessThan(1e-10);
    }
    for (const name of Object.keys(small.parameters)) {
      expect(Array.from(actual[stateNames.gradient(name)]).every((value) => value === 0)).toBe(true);
    }
  });

  test('zero micro-batches are rejected', () => {
    expect(() => accumulate({}, 0)).toThrow('accumulate: needs one or more micro-batches, not 0.');
  });
});

test('trainingScalars returns inputs of Executable.run', () => {
  expect(trainingScalars({ step: 1, learningRate: 0.5, adamw: { betas: [0.75, 0.5] } })).toEqual({
    learning_rate: Float32Array.of(0.5),
    correction1: Float32Array.of(0.25),
    correction2: Float32Array.of(0.5),
  });
});

test('a parameter that the loss does not reach, or that is not f32, is rejected by name', () => {
  const { loss, parameters } = smallNet(1);
  const step = (more: NamedTensors) => () =>
    trainingStep({ loss, parameters: { ...parameters, ...more }, adamw });
  expect(step({ lost: state('lost', [2]), 'first.lost': state('first.lost', []) })).toThrow(
    'trainingStep: the loss does not depend on "lost", "first.lost", which would only decay.',
  );
  expect(step({ half: state('half', [2], 'f16') })).toThrow('must be f32, unlike "half"');
  // No gradient flows through a comparison.
  const threshold = state('threshold', []);
  const counted = add(loss, mean(greater(input('y', []), threshold)));
  expect(() => trainingStep({ loss: counted, parameters: { threshold }, adamw })).toThrow('"threshold"');
});

describe('loss scaling', () => {
  const { loss, parameters } = smallNet(2);
  const settings = { adamw, maxNorm: 0.5, ema: true };
  const lossScale = { initial: 1024, interval: 3 };
  const scaledState = () => ({ ...initialState(parameters), ...initialLossScale(lossScale) });
  const run = (step: Program, state: Values, n: number, change: (x: Float64Array) => Float64Array) => {
    const { x, target } = batches(n, 2);
    return evaluate(step, { inputs: { x: change(x), target, ...scalars(n) }, state });
  };
  const same = (x: Float64Array) => x;
  const broken = (x: Float64Array) => x.with(1, NaN);
  const plain = trainingStep({ loss, parameters, ...settings });
  const scaled = trainingStep({ loss, parameters, ...settings, lossScale });

  test('does not change the steps', () => {
    let [expected, actual]: Values[] = [initialState(parameters), scaledState()];
    for (let n = 1; n <= 3; n++) {
      const [reference, found] = [run(plain, expected, n, same), run(scaled, actual, n, same)];
      expect(difference(found.outputs['loss'], reference.outputs['loss'])).toBeLessThan(1e-12);
      expect(difference(found.outputs['gradient_norm'], reference.outputs['gradient_norm'])).toBeLessThan(
        1e-12,
      );
      [expected, actual] = [reference.state, found.state];
    }
    for (const [name, value] of Object.entries(expected))
      expect(difference(actual[name], value), name).toBeLessThan(1e-12);
  });

  test('applies before the backward pass, so small gradients do not underflow', () => {
    const weight = state('weight', []);
    const half = mul(cast(weight, 'f16'), cast(input('x', []), 'f16'));
    const step = trainingStep({ loss: mean(half), parameters: { weight }, adamw, lossScale });
    const scales = nodesOf(step).filter(
      ({ op, inputs }) => op.name === 'cast' && inputs[0].dtype === 'f32' && dependsOnScale(inputs[0]),
    );
    expect(scales.length).toBeGreaterThan(0);
  });

  test('halves the scale after a skipped step, and doubles it after enough good steps', () => {
    let values: Values = scaledState();
    const kept = Object.keys(values).filter((name) => !name.startsWith('loss_scale.'));
    const seen = ([same, broken, same, same, same, same, broken] as const).map((change, i) => {
      const { outputs, state } = run(scaled, values, i + 1, change);
      const isKept = kept.every((name) => difference(state[name], values[name]) === 0);
      values = state;
      return [outputs['loss_scale'][0], outputs['skipped'][0], Number(isKept)];
    });
    expect(seen).toEqual([
      [1024, 0, 0],
      [1024, 1, 1],
      [512, 0, 0],
      [512, 0, 0],
      [512, 0, 0],
      [1024, 0, 0],
      [1024, 1, 1],
    ]);
    expect(values[stateNames.lossScale][0]).toBe(512);
    expect(values[stateNames.goodSteps][0]).toBe(0);
    expect(values[stateNames.steps][0]).toBe(5);
  });

  test('skips the whole step for one bad micro-batch, and leaves no trace of it', () => {
    const { collect, apply } = accumulatedTrainingStep({ loss, parameters, ...settings, lossScale }, 2);
    let values: Values = scaledState();
    const before = values;
    for (const change of [broken, same]) values = run(collect, values, 1, change).state;
    const { outputs, state } = evaluate(apply, { inputs: scalars(1), state: values });
    expect([outputs['skipped'][0], outputs['loss_scale'][0]]).toEqual([1, 1024]);
    expect(state[stateNames.lossScale][0]).toBe(512);
    for (const name of Object.keys(before).filter((each) => !each.startsWith('loss_scale.')))
      expect(Array.from(state[name]), name).toEqual(Array.from(before[name]));
  });
});

function dependsOnScale(tensor: Tensor): boolean {
  return topologicalOrder([tensor]).some(
    ({ op, attributes }) =>
      op.name === 'state' && (attributes as { name: string }).name === stateNames.lossScale,
  );
}
