import './no-telemetry.ts';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { createEmitter } from './lowering/emitter.ts';
import { encodeModel } from './model/onnx-model.ts';

/** More channels than any processor's block, and a multiple of all block sizes. */
const CHANNELS = 64;

/**
 * Measures the block size of the blocked layout (NCHWc) that ONNX Runtime's fast convolutions use: as many
 * channels as fit a vector register of this processor, which no API reports. Two pixels are converted to the
 * layout; the second one's first channel follows the first block of the first one.
 *
 * @returns undefined if this build or processor has no such layout.
 */
export async function measureChannelBlock(): Promise<number | undefined> {
  const emitter = createEmitter({ fusedMatMul: false, channelBlock: undefined });
  const shape = [1, CHANNELS, 1, 2];
  const pixels = emitter.input({ name: 'pixels', type: 'f32', shape });
  const blocks = emitter.emit('ReorderInput', [pixels], { domain: 'com.microsoft.nchwc' });
  const model = encodeModel(emitter.model([{ name: blocks, type: 'f32' }]));
  try {
    const session = await InferenceSession.create(model, { intraOpNumThreads: 1, logSeverityLevel: 4 });
    const values = Float32Array.from({ length: 2 * CHANNELS }, (_, i) => i);
    const outputs = await session.run({ pixels: new Tensor('float32', values, shape) });
    await session.release();
    const block = (outputs[blocks].data as Float32Array).indexOf(values[1]);
    return block > 1 ? block : undefined;
  } catch {
    return undefined;
  }
}
