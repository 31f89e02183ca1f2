import type { DType, TensorData } from '@rewardedit/graph';
import type { Tensor } from 'onnxruntime-node';
import { freeBuffer } from './free-buffer.ts';
import type { OnnxValue } from './model/onnx-model.ts';
import { ortTensor } from './ort-tensors.ts';

/** An entry of a state in the worker. After its release, references to it no longer keep its memory. */
export interface StateEntry {
  /** @throws Error if it was released. */
  values(): TensorData;
  /** The values in place, as ONNX Runtime's tensor. @throws Error if they were released. */
  tensor(type: OnnxValue): Tensor;
  /**
   * The values of an f32 entry in shared memory, moved there on the first call. Only the garbage collector
   * frees such memory, and it cannot be hurried. @throws Error if they were released.
   */
  shared(): Float32Array;
  /**
   * Takes ownership of values of the same length and type and frees their memory. @throws Error if it was
   * released.
   */
  write(values: TensorData): void;
  release(): void;
}

export function createEntry(initial: TensorData): StateEntry {
  let kept: TensorData | undefined = initial;
  /** By shape. */
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
      freeBuffer(own);
      return shared;
    },
    write: (next) => {
      // Other threads and ONNX Runtime refer to this memory.
      (values() as Float32Array).set(next);
      freeBuffer(next);
    },
    release: () => {
      kept = undefined;
      tensors.clear();
    },
  };
}
