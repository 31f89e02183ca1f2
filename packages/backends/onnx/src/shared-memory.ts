import { InferenceSession } from 'onnxruntime-node';
import { createEmitter } from './lowering/emitter.ts';
import { encodeModel } from './model/onnx-model.ts';
import { ortTensor } from './ort-tensors.ts';

/**
 * Whether ONNX Runtime reads and writes values in a SharedArrayBuffer, which depends on Node: Node-API
 * supports it in version 24, not in 22.
 */
export async function takesSharedMemory(): Promise<boolean> {
  const emitter = createEmitter({ fusedMatMul: false, channelBlock: undefined });
  const x = emitter.input({ name: 'x', type: 'f32', shape: [1] });
  const y = emitter.emit('Neg', [x]);
  const model = encodeModel(emitter.model([{ name: y, type: 'f32' }]));
  const session = await InferenceSession.create(model, { intraOpNumThreads: 1, logSeverityLevel: 4 });
  try {
    const [from, to] = [1, 0].map((value) =>
      new Float32Array(new SharedArrayBuffer(Float32Array.BYTES_PER_ELEMENT)).fill(value),
    );
    await session.run({ x: ortTensor('f32', from, [1]) }, { [y]: ortTensor('f32', to, [1]) });
    return to[0] === -1;
  } catch {
    return false;
  } finally {
    await session.release();
  }
}
