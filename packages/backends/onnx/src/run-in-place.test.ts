import { InferenceSession, Tensor } from 'onnxruntime-node';
import { expect, test } from 'vitest';
import { createEmitter } from './lowering/emitter.ts';
import { encodeModel } from './model/onnx-model.ts';
import { ortTensor } from './ort-tensors.ts';
import { EMPTY_SEQUENCE, runInPlace } from './run-in-place.ts';

/** The negative and the exponential of four numbers, after an empty sequence. */
async function openSession(): Promise<InferenceSession> {
  const emitter = createEmitter({ fusedMatMul: false, channelBlock: undefined });
  const x = emitter.input({ name: 'x', type: 'f32', shape: [4] });
  const outputs = ['Neg', 'Exp'].map((op) => ({ name: emitter.emit(op, [x]), type: 'f32' as const }));
  const model = encodeModel({ ...emitter.model(outputs), emptySequence: EMPTY_SEQUENCE });
  return InferenceSession.create(model, { graphOptimizationLevel: 'disabled', logSeverityLevel: 4 });
}
const tensorOf = (...values: number[]) => ortTensor('f32', Float32Array.from(values), [values.length]);

test('writes results to the given memory without copies', async () => {
  const session = await openSession();
  const [, negative, exponential] = session.outputNames;
  const results = { [negative]: tensorOf(0, 0, 0, 0), [exponential]: tensorOf(0, 0, 0, 0) };
  for (const given of [1, -2]) {
    await runInPlace(session, { x: tensorOf(0, given, 0, 0) }, results);
    expect(results[negative].data[1]).toBe(-given);
    expect(results[exponential].data[1]).toBeCloseTo(Math.exp(given), 6);
  }
  // If a version returned results here, it would copy them, and this module would be obsolete.
  await expect(
    session.run({ x: tensorOf(0, 0, 0, 0) }, { [EMPTY_SEQUENCE]: null, ...results }),
  ).rejects.toThrow('Non tensor type');
  await session.release();
});

test('reports errors', async () => {
  const session = await openSession();
  const [, negative, exponential] = session.outputNames;
  const results = { [negative]: tensorOf(0, 0, 0, 0), [exponential]: tensorOf(0, 0, 0, 0) };
  const wrong = new Tensor('float32', new Float32Array(3), [3]);
  await expect(runInPlace(session, { x: wrong }, results)).rejects.toThrow('Got invalid dimensions');
  await expect(
    runInPlace(session, { x: tensorOf(0, 0, 0, 0) }, { ...results, [negative]: wrong }),
  ).rejects.toThrow('invalid dimensions for output');
  await session.release();
});

test('frees copies if they are made', async () => {
  const copy = new Float32Array(4);
  const given = tensorOf(1, 2, 3, 4);
  const session = { run: async () => ({ y: new Tensor('float32', copy, [4]) }) };
  await runInPlace(session as unknown as InferenceSession, {}, { y: given });
  expect(copy.byteLength).toBe(0);
  expect([...(given.data as Float32Array)]).toEqual([1, 2, 3, 4]);
});
