/** The graph in five small steps. Read it from top to bottom. */
import { expect, test } from 'vitest';
import {
  add,
  constant,
  conv2d,
  evaluate,
  gradients,
  input,
  matmul,
  mean,
  mul,
  program,
  state,
  sub,
  trainingScalars,
  trainingStep,
} from './index.ts';

test('1. a graph describes a computation; a program runs it with values', () => {
  const x = input('x', [2]);
  const y = add(mul(x, 3), 1);
  expect(y.shape).toEqual([2]); // the shape is known immediately, the values are not

  const { outputs } = evaluate(program({ outputs: { y } }), { inputs: { x: [1, 2] } });
  expect(outputs['y']).toEqual(Float64Array.of(4, 7));
});

test('2. matrices: shapes are checked while the graph is built', () => {
  const rows = input('rows', [3, 2]);
  const weight = constant(Float32Array.of(1, 10), [2, 1]);
  const product = program({ outputs: { product: matmul(rows, weight) } });
  const { outputs } = evaluate(product, { inputs: { rows: [1, 2, 3, 4, 5, 6] } });
  expect(outputs['product']).toEqual(Float64Array.of(21, 43, 65));

  expect(() => matmul(weight, rows)).toThrow('matmul(2x1, 3x2): the inner sizes differ: 1 and 3');
});

test('3. pictures are [batch, channels, height, width]', () => {
  const picture = input('picture', [1, 1, 3, 3]);
  const edge = constant(Float32Array.of(1, -1), [1, 1, 1, 2]); // one pixel minus its right neighbour
  const edges = program({ outputs: { edges: conv2d(picture, edge) } });
  const { outputs } = evaluate(edges, { inputs: { picture: [0, 0, 1, 0, 0, 1, 0, 0, 1] } });
  expect(outputs['edges']).toEqual(Float64Array.of(0, -1, 0, -1, 0, -1));
});

test('4. gradients are graphs too; here compared with a finite difference', () => {
  const x = input('x', []);
  const y = mul(mul(x, x), x);
  const [slope] = gradients(y, [x]);
  const both = program({ outputs: { y, slope } });
  const at = (value: number) => evaluate(both, { inputs: { x: [value] } }).outputs;

  const difference = (at(2.001)['y'][0] - at(1.999)['y'][0]) / 0.002;
  expect(at(2)['slope'][0]).toBe(12);
  expect(difference).toBeCloseTo(12, 5);
});

test('5. a training step is a program that also updates its state', () => {
  // Learn y = 2 x with one weight.
  const x = input('x', [4]);
  const target = input('target', [4]);
  const weight = state('weight', [1]);
  const error = sub(mul(x, weight), target);
  const loss = mean(mul(error, error));

  const adamw = { betas: [0.9, 0.999], epsilon: 1e-8, weightDecay: 0 } as const;
  const step = trainingStep({ loss, parameters: { weight }, adamw, maxNorm: 1 });

  const batch = { x: [1, 2, 3, 4], target: [2, 4, 6, 8] };
  let values: Record<string, ArrayLike<number>> = {
    weight: [0],
    'adamw.exp_avg.weight': [0], // the optimizer's own state begins at zero
    'adamw.exp_avg_sq.weight': [0],
  };
  const losses: number[] = [];
  for (let n = 1; n <= 100; n++) {
    const scalars = trainingScalars({ step: n, learningRate: 0.1, adamw });
    const { outputs, state } = evaluate(step, { inputs: { ...batch, ...scalars }, state: values });
    losses.push(outputs['loss'][0]);
    values = state;
  }
  expect(losses[0]).toBe(30);
  expect(losses[99]).toBeLessThan(0.01);
  expect(values['weight'][0]).toBeCloseTo(2, 1);
});
