import { fromFloat16, toFloat16, type Shape, type TensorData } from '@rewardedit/graph';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { ortTensor, valuesOf } from './ort-tensors.ts';

/** A value for an input of a model from another exporter. */
export interface ForeignInput {
  readonly values: Float32Array | Int32Array;
  readonly shape: Shape;
}

export interface ForeignSession {
  run(inputs: Readonly<Record<string, ForeignInput>>): Promise<Record<string, TensorData>>;
  dispose(): Promise<void>;
}

/**
 * A session for a model file, with external weight files next to it; float values are passed as f32, whatever
 * the model computes in.
 */
export async function openForeignSession(
  path: string,
  options: InferenceSession.SessionOptions,
): Promise<ForeignSession> {
  const session = await InferenceSession.create(path, options);
  const types = new Map(
    session.inputMetadata.map((each) => [each.name, each.isTensor ? each.type : undefined] as const),
  );
  return {
    async run(inputs) {
      for (const name of Object.keys(inputs)) {
        if (!types.has(name))
          throw new Error(`it has no input "${name}"; its inputs are ${session.inputNames.join(', ')}`);
      }
      const missing = session.inputNames.find((name) => !(name in inputs));
      if (missing !== undefined) throw new Error(`its input "${missing}" is missing`);
      const given = Object.entries(inputs).map(([name, input]) => [
        name,
        tensorOf(name, types.get(name), input),
      ]);
      const outputs = await session.run(Object.fromEntries(given) as Record<string, Tensor>);
      return Object.fromEntries(
        Object.entries(outputs).map(([name, tensor]) => [name, float32Of(name, tensor)] as const),
      );
    },
    dispose: () => session.release(),
  };
}

function tensorOf(name: string, type: Tensor.Type | undefined, { values, shape }: ForeignInput): Tensor {
  if (type === 'int64') return new Tensor('int64', BigInt64Array.from(values, BigInt), shape);
  if (type === 'float16' && values instanceof Float32Array) return ortTensor('f16', toFloat16(values), shape);
  if (type === 'float32' && values instanceof Float32Array) return ortTensor('f32', values, shape);
  if (type === 'int32' && values instanceof Int32Array) return ortTensor('i32', values, shape);
  throw new Error(`its input "${name}" has the unsupported type ${type ?? 'unknown'}`);
}

function float32Of(name: string, tensor: Tensor): TensorData {
  const values = valuesOf(tensor);
  if (tensor.type === 'float16') return fromFloat16(values as Uint16Array);
  if (tensor.type === 'float32') return values;
  throw new Error(`its output "${name}" has the unsupported type ${tensor.type}`);
}
