import './no-telemetry.ts';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { createEmitter } from './lowering/emitter.ts';
import { encodeModel } from './model/onnx-model.ts';

/** More channels than any processor keeps together, and a multiple of what each does. */
const CHANNELS = 64;

/**
 * How many channels of a pixel lie together in the layout that ONNX Runtime's fast convolutions want: as many as
 * fit a vector register of this processor, which no call tells. So two pixels are brought into the layout, and the
 * second one's first channel then comes right behind the first block of the first one's.
 *
 * @returns undefined where this build or this processor has no such layout.
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
