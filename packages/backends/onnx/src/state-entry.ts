import type { DType, TensorData } from '@rewardedit/graph';
import type { Tensor } from 'onnxruntime-node';
import type { OnnxValue } from './model/onnx-model.ts';
import { ortTensor } from './ort-tensors.ts';

/** One entry of a state in the worker. What holds it, holds no memory any more once it was released. */
export interface StateEntry {
  /** @throws Error where it was released. */
  values(): TensorData;
  /** The values where they lie, as ONNX Runtime takes them. @throws Error where they were released. */
  tensor(type: OnnxValue): Tensor;
  /** Takes an array of the same length and type for the entry's own. @throws Error where it was released. */
  replace(values: TensorData): void;
  release(): void;
}

export function createEntry(initial: TensorData): StateEntry {
  let kept: TensorData | undefined = initial;
  let tensor: Tensor | undefined;

  function values(): TensorData {
    if (kept === undefined) throw new Error('its state was released.');
    return kept;
  }

  return {
    values,
    tensor: ({ type, shape }) => (tensor ??= ortTensor(type as DType, values(), shape)),
    replace: (next) => {
      values();
      kept = next;
      tensor = undefined;
    },
    release: () => {
      kept = undefined;
      tensor = undefined;
    },
  };
}
