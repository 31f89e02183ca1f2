import { Tensor } from 'onnxruntime-node';
import type { OnnxValue } from './model/onnx-model.ts';

/** One entry of a state in the worker. What holds it, holds no memory any more once it was released. */
export interface StateEntry {
  /** @throws Error where it was released. */
  values(): Float32Array;
  /** The values where they lie, as ONNX Runtime takes them. @throws Error where they were released. */
  tensor(type: OnnxValue): Tensor;
  release(): void;
}

export function createEntry(initial: Float32Array): StateEntry {
  let kept: Float32Array | undefined = initial;
  let tensor: Tensor | undefined;

  function values(): Float32Array {
    if (kept === undefined) throw new Error('its state was released.');
    return kept;
  }

  return {
    values,
    tensor: ({ shape }) => (tensor ??= new Tensor('float32', values(), shape)),
    release: () => {
      kept = undefined;
      tensor = undefined;
    },
  };
}
