import type { DType, TensorData } from '@rewardedit/graph';
import type { Tensor } from 'onnxruntime-node';
import { giveBack } from './give-back.ts';
import type { OnnxValue } from './model/onnx-model.ts';
import { ortTensor } from './ort-tensors.ts';

/** One entry of a state in the worker. What holds it, holds no memory any more once it was released. */
export interface StateEntry {
  /** @throws Error where it was released. */
  values(): TensorData;
  /** The values where they lie, as ONNX Runtime takes them. @throws Error where they were released. */
  tensor(type: OnnxValue): Tensor;
  /**
   * The values of an entry of f32 in memory that other threads see, to which they are brought the first time. Nothing but the garbage
   * collector gives such memory back, and nothing hurries it. @throws Error where they were released.
   */
  shared(): Float32Array;
  /** Takes over values of the same length and type, whose memory it then gives back. @throws Error where it was released. */
  write(values: TensorData): void;
  release(): void;
}

export function createEntry(initial: TensorData): StateEntry {
  let kept: TensorData | undefined = initial;
  /** By their shapes. */
  const tensors = new Map<string, Tensor>();

  function values(): TensorData {
    if (kept === undefined) throw new Error('its state was released.');
    return kept;
  }

  return {
    values,
    tensor: ({ type, shape }) => {
      const own = values();
      const key = shape.join();
      const tensor = tensors.get(key) ?? ortTensor(type as DType, own, shape);
      tensors.set(key, tensor);
      return tensor;
    },
    shared: () => {
      const own = values() as Float32Array;
      if (own.buffer instanceof SharedArrayBuffer) return own;
      const shared = new Float32Array(new SharedArrayBuffer(own.byteLength));
      shared.set(own);
      kept = shared;
      tensors.clear();
      giveBack(own);
      return shared;
    },
    write: (next) => {
      // Where it lies is known to other threads, and to ONNX Runtime.
      (values() as Float32Array).set(next);
      giveBack(next);
    },
    release: () => {
      kept = undefined;
      tensors.clear();
    },
  };
}
