import { InferenceSession } from 'onnxruntime-node';
import { createEmitter } from './lowering/emitter.ts';
import { encodeModel } from './model/onnx-model.ts';
import { ortTensor, valuesOf } from './ort-tensors.ts';

/**
 * Whether ONNX Runtime takes values in memory that threads share, which is up to Node: its interface for native modules knows such
 * memory in version 24, and not in 22.
 */
export async function takesSharedMemory(): Promise<boolean> {
  const emitter = createEmitter({ fusedMatMul: false, channelBlock: undefined });
  const x = emitter.input({ name: 'x', type: 'f32', shape: [1] });
  const y = emitter.emit('Neg', [x]);
  const model = encodeModel(emitter.model([{ name: y, type: 'f32' }]));
  const session = await InferenceSession.create(model, { intraOpNumThreads: 1, logSeverityLevel: 4 });
  try {
    const values = new Float32Array(new SharedArrayBuffer(Float32Array.BYTES_PER_ELEMENT)).fill(1);
    return valuesOf((await session.run({ x: ortTensor('f32', values, [1]) }))[y])[0] === -1;
  } catch {
    return false;
  } finally {
    await session.release();
  }
}
