import type { DType, Shape, TensorData } from '@rewardedit/graph';
import { Tensor } from 'onnxruntime-node';

/** ONNX Runtime's names of the graph's element types. */
const TYPES = { f32: 'float32', f16: 'float16', i32: 'int32' } as const satisfies Record<DType, Tensor.Type>;

/** An ONNX Runtime tensor over existing values, without a copy. */
export function ortTensor(dtype: DType, values: TensorData, shape: Shape): Tensor {
  if (dtype !== 'f16') return new Tensor(TYPES[dtype], values, shape);
  // With Float16Array available, the constructor would create one, whose length 1.30 then takes for 0.
  const tensor: { type: Tensor.Type } & Tensor = new Tensor('uint16', values, shape);
  tensor.type = TYPES[dtype];
  return tensor;
}

/** The values of an ONNX Runtime tensor. A Float16Array, if the engine has it, is returned as its bits. */
export function valuesOf({ data }: Tensor): TensorData {
  const half = globalThis as {
    readonly Float16Array?: new () => ArrayBufferView<ArrayBuffer> & { length: number };
  };
  if (half.Float16Array && data instanceof half.Float16Array)
    return new Uint16Array(data.buffer, data.byteOffset, data.length);
  return data as TensorData;
}
