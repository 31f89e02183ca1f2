import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { encodeModel, type OnnxModel } from './onnx-model.ts';

const raw = (values: readonly number[]) => new Uint8Array(Float32Array.from(values).buffer);

/**
 * softmax(x scale) with a constant scale, its last column and its shape: every kind of attribute and element.
 */
const model: OnnxModel = {
  inputs: [{ name: 'x', type: 'f32', shape: [2, 3] }],
  outputs: [
    { name: 'sum', type: 'f32' },
    { name: 'leaky', type: 'f32' },
    { name: 'whole', type: 'i64' },
  ],
  constants: [
    { name: 'scale', type: 'f32', shape: [3], data: raw([1, 10, 100]) },
    { name: 'shape', type: 'i64', shape: [1], data: new Uint8Array(BigInt64Array.of(-1n).buffer) },
  ],
  nodes: [
    { name: 'Mul', op: 'Mul', domain: '', inputs: ['x', 'scale'], outputs: ['scaled'], attributes: {} },
    {
      name: 'Transpose',
      op: 'Transpose',
      domain: '',
      inputs: ['scaled'],
      outputs: ['turned'],
      attributes: { perm: [1, 0] },
    },
    {
      name: 'Concat',
      op: 'Concat',
      domain: '',
      inputs: ['turned', 'turned'],
      outputs: ['twice'],
      attributes: { axis: 1 },
    },
    {
      name: 'Einsum',
      op: 'Einsum',
      domain: '',
      inputs: ['twice'],
      outputs: ['sum'],
      attributes: { equation: 'ij->i' },
    },
    {
      name: 'LeakyRelu',
      op: 'LeakyRelu',
      domain: '',
      inputs: ['x'],
      outputs: ['leaky'],
      attributes: { alpha: { float: 0.25 } },
    },
    { name: 'Reshape', op: 'Reshape', domain: '', inputs: ['x', 'shape'], outputs: ['flat'], attributes: {} },
    { name: 'Shape', op: 'Shape', domain: '', inputs: ['flat'], outputs: ['whole'], attributes: {} },
  ],
};

test('ONNX Runtime reads and runs the model', async () => {
  const session = await InferenceSession.create(encodeModel(model));
  expect(session.inputNames).toEqual(['x']);
  expect(session.outputNames).toEqual(['sum', 'leaky', 'whole']);
  expect(session.inputMetadata).toMatchObject([{ name: 'x', type: 'float32', shape: [2, 3] }]);
  const results = await session.run({
    x: new Tensor('float32', Float32Array.of(1, 2, 3, -4, -5, -6), [2, 3]),
  });
  expect(results['sum'].dims).toEqual([3]);
  expect([...(results['sum'].data as Float32Array)]).toEqual([-6, -60, -600]);
  expect([...(results['leaky'].data as Float32Array)]).toEqual([1, 2, 3, -1, -1.25, -1.5]);
  expect([...(results['whole'].data as BigInt64Array)]).toEqual([6n]);
  await session.release();
});

test('a constant may be stored outside the model', async () => {
  const [scale, ...others] = model.constants;
  const outside = { ...model, constants: [{ ...scale, data: { file: 'weights/scale' } }, ...others] };
  const session = await InferenceSession.create(encodeModel(outside), {
    externalData: [{ path: 'weights/scale', data: raw([1, 1, 1]) }],
  });
  const results = await session.run({ x: new Tensor('float32', Float32Array.of(1, 2, 3, 4, 5, 6), [2, 3]) });
  expect([...(results['sum'].data as Float32Array)]).toEqual([10, 14, 18]);
  await session.release();
});
