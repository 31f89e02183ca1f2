import type { DType, Shape, TensorData } from '@rewardedit/graph';
import { Tensor } from 'onnxruntime-node';

/** How ONNX Runtime calls the graph's element types. */
const TYPES = { f32: 'float32', f16: 'float16', i32: 'int32' } as const satisfies Record<DType, Tensor.Type>;

/** ONNX Runtime's tensor for values, which it reads where they lie. */
export function ortTensor(dtype: DType, values: TensorData, shape: Shape): Tensor {
  if (dtype !== 'f16') return new Tensor(TYPES[dtype], values, shape);
  // Where JavaScript has an array for float16, the constructor makes one, whose length 1.30 then takes for 0.
  const tensor: { type: Tensor.Type } & Tensor = new Tensor('uint16', values, shape);
  tensor.type = TYPES[dtype];
  return tensor;
}

/** The values of ONNX Runtime's tensor. It may use JavaScript's array for float16 where there is one; here its bits count. */
export function valuesOf({ data }: Tensor): TensorData {
  const half = globalThis as {
    readonly Float16Array?: new () => ArrayBufferView<ArrayBuffer> & { length: number };
  };
  if (half.Float16Array && data instanceof half.Float16Array)
    return new Uint16Array(data.buffer, data.byteOffset, data.length);
  return data as TensorData;
}
