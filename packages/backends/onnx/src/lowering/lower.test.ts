import {
  add,
  attention,
  cast,
  concat,
  constant,
  conv2d,
  evaluate,
  gradients,
  groupNorm,
  input,
  matmul,
  mean,
  mul,
  pad,
  program,
  reshape,
  silu,
  split,
  state,
  sum,
  type Backend,
  type DType,
  type Tensor,
} from '@rewardedit/graph';
import {
  buildCases,
  callOf,
  checkHiddenKeys,
  checkOps,
  OP_CASES,
  relativeError,
  runProgram,
  someValues,
  toleranceOf,
  type OpCase,
} from '@rewardedit/graph/testing';
import fc from 'fast-check';
import { InferenceSession } from 'onnxruntime-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { measureChannelBlock } from '../channel-block.ts';
import { encodeModel } from '../model/onnx-model.ts';
import { createOnnxBackend } from '../onnx-backend.ts';
import { ortTensor, valuesOf } from '../ort-tensors.ts';
import { lower } from './lower.ts';

let backend: Backend;
beforeAll(async () => {
  backend = await createOnnxBackend();
});
afterAll(() => backend.dispose());

test.each([
  { dtype: 'f32', freeze: undefined, runs: 60 },
  { dtype: 'f32', freeze: 'all', runs: 30 },
  { dtype: 'f16', freeze: undefined, runs: 30 },
  { dtype: 'f16', freeze: 'all', runs: 15 },
  { dtype: 'i32', freeze: undefined, runs: 20 },
  { dtype: 'i32', freeze: 'all', runs: 10 },
] as const)('every op equals the float64 evaluation: $dtype, frozen: $freeze', (check) =>
  checkOps(backend, check),
);

test('attention of queries whose keys are all hidden', () => checkHiddenKeys(backend));

/** An f16 result in an f32 program. */
const narrowing = { cast: (leaf) => cast(leaf([5], { low: -9, high: 9 }), 'f16') } satisfies Record<
  string,
  OpCase
>;

test.each(['f32', 'f16'] as const)('providers without FusedMatMul get plain products (%s)', async (dtype) => {
  const cases = [narrowing, ...fc.sample(fc.record(OP_CASES), { numRuns: 5, seed: 1 })];
  for (const [seed, each] of cases.entries()) {
    const { outputs, ...values } = buildCases(each, { seed, dtype });
    const { model, values: names } = lower(outputs, { frozen: new Set(), fusedMatMul: false });
    expect(model.nodes.filter(({ domain }) => domain !== '')).toEqual([]);
    const session = await InferenceSession.create(encodeModel(model), { graphOptimizationLevel: 'disabled' });
    const feeds = Object.fromEntries(
      model.inputs.map(({ name, type, shape }) => {
        const data = [values.inputs, values.state]
          .map((kind) => kind[name.slice(name.indexOf('/') + 1)])
          .find(Boolean)!;
        return [name, ortTensor(type as DType, data, shape)];
      }),
    );
    const actual = await session.run(feeds);
    for (const [name, value] of Object.entries(evaluate(program({ outputs }), values).outputs)) {
      expect(relativeError(valuesOf(actual[names[name]]), value), callOf(outputs[name])).toBeLessThanOrEqual(
        toleranceOf(outputs[name]),
      );
    }
    await session.release();
  }
});

/**
 * A small network with the parts of a U-Net block: convolutions, norms, activations, attention and a linear
 * layer.
 */
function block(): { loss: Tensor; parameters: Tensor[] } {
  const x = input('x', [2, 4, 6, 6]);
  const kernel = state('kernel', [8, 4, 3, 3]);
  const bias = state('bias', [8]);
  const weight = state('weight', [8]);
  const projection = state('projection', [8, 8]);
  const h = add(conv2d(x, kernel, { padding: 1 }), reshape(bias, [1, 8, 1, 1]));
  const activated = silu(groupNorm(h, 2, weight, bias, 1e-5));
  const halved = conv2d(activated, state('down', [8, 8, 3, 3]), { stride: 2, padding: [0, 0, 1, 1] });
  const tokens = reshape(halved, [2, 8, 9]);
  const rows = matmul(tokens, projection, { transposeA: true });
  const attended = attention(rows, rows, mul(rows, 0.5), { scale: 0.3 });
  const loss = mean(mul(attended, attended));
  return { loss, parameters: [kernel, bias, weight, projection] };
}

const blockValues = {
  inputs: { x: someValues(2 * 4 * 36) },
  state: Object.fromEntries(
    Object.entries({ kernel: 288, bias: 8, weight: 8, projection: 64, down: 576 }).map(([name, length]) => [
      name,
      someValues(length, length),
    ]),
  ),
};

describe('a network', () => {
  test('has gradients equal to the float64 evaluation', async () => {
    const { loss, parameters } = block();
    const found = gradients(loss, parameters);
    const built = program({
      outputs: { loss, ...Object.fromEntries(found.map((each, i) => [`${i}`, each])) },
    });
    const actual = await runProgram(backend, built, blockValues);
    const expected = evaluate(built, blockValues).outputs;
    for (const [name, value] of Object.entries(expected)) {
      const scale = value.reduce((largest, each) => Math.max(largest, Math.abs(each)), 0);
      const scaled = (values: ArrayLike<number>) => Array.from(values, (each) => each / scale);
      expect(relativeError(scaled(actual[name]), scaled(value)), name).toBeLessThan(2e-5);
    }
  });

  test('shares nodes of the forward and backward pass', () => {
    const { loss, parameters } = block();
    const found = Object.fromEntries(gradients(loss, parameters).map((each, i) => [`${i}`, each]));
    const { model } = lower({ loss, ...found }, { frozen: new Set(), fusedMatMul: true });
    const count = (op: string) => model.nodes.filter((node) => node.op === op).length;
    expect(count('LayerNormalization')).toBe(1);
    expect(count('Softmax')).toBe(1);
    expect(count('Sigmoid')).toBe(1);
  });
});

describe('blocked convolutions', () => {
  const [x, w] = [input('x', [2, 32, 32, 32]), state('w', [16, 32, 3, 3])];
  const bias = reshape(state('bias', [16]), [1, 16, 1, 1]);
  const values = {
    inputs: { x: someValues(2 * 32 * 1024), dy: someValues(2 * 16 * 1024, 1) },
    state: { w: someValues(16 * 288, 2), bias: someValues(16, 3) },
  };
  const y = add(conv2d(x, w, { padding: 1 }), bias);
  const halved = conv2d(concat([x, x, x, x], 0), w, { stride: 2, padding: [0, 0, 1, 1] });
  const [dx, dw] = gradients(sum(mul(y, input('dy', y.shape))), [x, w]);
  const outputs = { y, halved, dx, dw };

  test.each([8, 16])('rearrange their weights (blocks of %i)', (channelBlock) => {
    const domains = (results: Record<string, Tensor>) =>
      lower(results, { frozen: new Set(), fusedMatMul: true, channelBlock }).model.nodes.map(
        ({ domain }) => domain,
      );
    for (const [name, result] of Object.entries({ y, halved, dx })) {
      expect(domains({ [name]: result }), name).toContain('com.microsoft.nchwc');
    }
    // too few windows, channels that do not fill whole blocks, a 1x1 kernel
    for (const [picture, kernel] of [
      [
        [2, 16, 8, 8],
        [16, 16, 3, 3],
      ],
      [
        [2, 12, 32, 32],
        [16, 12, 3, 3],
      ],
      [
        [2, 16, 32, 32],
        [16, 16, 1, 1],
      ],
    ]) {
      const other = conv2d(input('x', picture), state('w', kernel), { padding: 1 });
      expect(domains({ other })).toEqual(['']);
    }
  });

  test('equal the float64 evaluation', async () => {
    expect([undefined, 4, 8, 16]).toContain(await measureChannelBlock());
    const built = program({ outputs });
    const actual = await runProgram(backend, built, values);
    for (const [name, value] of Object.entries(evaluate(built, values).outputs)) {
      expect(relativeError(actual[name], value), name).toBeLessThan(1e-5);
    }
  });
});

describe('fusion into single ops of ONNX Runtime', () => {
  const ops = (tensor: Tensor) =>
    lower({ result: tensor }, { frozen: new Set(), fusedMatMul: true }).model.nodes.map(({ op }) => op);
  const x = input('x', [1, 2, 5, 5]);
  const w = state('w', [3, 2, 3, 3]);
  const bias = state('bias', [3]);

  test('a convolution includes its bias, unless it is also used without it', async () => {
    const convolved = conv2d(x, w);
    const biased = add(convolved, reshape(bias, [1, 3, 1, 1]));
    expect(ops(biased)).toEqual(['Conv']);
    expect(ops(mul(biased, convolved))).toContain('Add');
    // one number per column is not one per channel
    expect(ops(add(conv2d(x, w), reshape(bias, [1, 1, 1, 3])))).toContain('Add');
    const built = program({ outputs: { biased } });
    const values = {
      inputs: { x: someValues(50) },
      state: { w: someValues(54), bias: someValues(3, 9) },
    };
    const actual = await runProgram(backend, built, values);
    expect(relativeError(actual['biased'], evaluate(built, values).outputs['biased'])).toBeLessThan(1e-6);
  });

  test('a product includes transposes and factors', async () => {
    const a = input('a', [4, 2]);
    const b = input('b', [3, 4]);
    const scaled = mul(matmul(mul(a, 2), b, { transposeA: true, transposeB: true }), 0.25);
    expect(ops(scaled)).toEqual(['FusedMatMul']);
    const built = program({ outputs: { scaled } });
    const values = { inputs: { a: someValues(8), b: someValues(12) } };
    const actual = await runProgram(backend, built, values);
    expect(relativeError(actual['scaled'], evaluate(built, values).outputs['scaled'])).toBeLessThan(1e-6);
  });

  test('a tall and narrow product of a transposed matrix transposes the result instead', async () => {
    const [a, b] = [input('a', [2, 5, 64]), input('b', [2, 5, 8])];
    const tall = mul(matmul(a, b, { transposeA: true }), 0.5);
    expect(ops(tall).toSorted()).toEqual(['FusedMatMul', 'Transpose']);
    expect(ops(matmul(a, input('c', [2, 5, 9]), { transposeA: true }))).toEqual(['FusedMatMul']);
    const built = program({ outputs: { tall } });
    const values = { inputs: { a: someValues(640), b: someValues(80, 1) } };
    const actual = await runProgram(backend, built, values);
    expect(relativeError(actual['tall'], evaluate(built, values).outputs['tall'])).toBeLessThan(1e-6);
  });

  test('a product includes an added row, unless it is also used without it', async () => {
    const [a, b, row] = [input('a', [2, 3, 4]), state('w', [5, 4]), state('bias', [5])];
    const matrix = matmul(reshape(a, [6, 4]), b, { transposeB: true });
    const biased = add(reshape(matrix, [2, 3, 5]), row);
    expect(ops(biased).filter((op) => op !== 'Reshape')).toEqual(['Gemm']);
    expect(ops(mul(biased, reshape(matrix, [2, 3, 5])))).toContain('Add');
    // a row along other axes, or for each of several products
    expect(ops(add(reshape(matrix, [6, 5, 1]), state('one', [1])))).toContain('Add');
    expect(ops(add(matmul(a, state('all', [2, 4, 5])), row))).toContain('Add');
    const built = program({ outputs: { biased } });
    const values = {
      inputs: { a: someValues(24) },
      state: { w: someValues(20, 1), bias: someValues(5, 2) },
    };
    const actual = await runProgram(backend, built, values);
    expect(relativeError(actual['biased'], evaluate(built, values).outputs['biased'])).toBeLessThan(1e-6);
  });

  test('a mean is a single op', () => {
    expect(ops(mean(x, [-1]))).toEqual(['ReduceMean']);
    expect(ops(mul(sum(x, [-1]), 0.25))).toContain('ReduceSum');
  });

  test('two halves of a gradient are concatenated', async () => {
    const halves = split(input('long', [2, 6, 3]), 2, 1);
    const total = sum(mul(halves[0], mul(halves[1], halves[1])));
    const [gradient] = gradients(total, [halves[0].inputs[0]]);
    expect(ops(gradient)).toContain('Concat');
    expect(ops(gradient)).not.toContain('Pad');
    const built = program({ outputs: { gradient } });
    const values = { inputs: { long: someValues(36) } };
    const actual = await runProgram(backend, built, values);
    expect(relativeError(actual['gradient'], evaluate(built, values).outputs['gradient'])).toBeLessThan(1e-6);
    // parts that overlap or leave a gap are added
    const [part, other] = [input('part', [2]), input('other', [3])];
    expect(ops(add(pad(part, [0], [2]), pad(other, [1], [0])))).toContain('Add');
    expect(ops(add(pad(part, [0], [4]), pad(other, [3], [0])))).toContain('Add');
  });

  test('the gradient of SiLU takes four passes over memory', async () => {
    const [total, h] = [silu(x), sum(mul(silu(x), input('dy', x.shape)))];
    const [gradient] = gradients(h, [x]);
    const used = ops(gradient).filter((op) => op !== 'Expand');
    expect(used.toSorted()).toEqual(['Add', 'Mul', 'Mul', 'Mul', 'Sigmoid', 'Sub']);
    const built = program({ outputs: { gradient, total } });
    const values = { inputs: { x: someValues(50), dy: someValues(50, 3) } };
    const actual = await runProgram(backend, built, values);
    expect(relativeError(actual['gradient'], evaluate(built, values).outputs['gradient'])).toBeLessThan(1e-6);
  });

  test('operands of element-wise ops are broadcast by the op, not in memory', () => {
    const row = input('row', [1, 5]);
    const total = sum(mul(reshape(x, [10, 5]), add(row, constant(1, [10, 5]))));
    expect(ops(gradients(total, [row])[0])).not.toContain('Expand');
  });
});
