import { DTYPE_BYTES, sizeOf, type DType, type TensorData } from '@rewardedit/graph';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { freeBuffer } from './free-buffer.ts';
import type { OnnxValue } from './model/onnx-model.ts';
import { ortTensor, valuesOf } from './ort-tensors.ts';
import { isRunInPlace, runInPlace } from './run-in-place.ts';
import type { Plan } from './worker-protocol.ts';

/** The memory of a model's results, by the model's names. */
export interface Results {
  /** A result in the same memory in every run; undefined for others. */
  kept(name: string): TensorData | undefined;
  compute(feeds: Readonly<Record<string, Tensor>>): Promise<Computed>;
}

/** The results of one run. */
export interface Computed {
  valuesOf(name: string): TensorData;
  /** Frees results that are not outputs. */
  done(): void;
}

type Memory = new (bytes: number) => ArrayBuffer | SharedArrayBuffer;

/**
 * Allocates a model's results. Those that the host reads, mostly gradients, use the same memory in every run.
 * Outputs are transferred to the caller, so they get new memory each time.
 */
export function createResults(
  session: InferenceSession | undefined,
  { outputs, updates, results }: Pick<Plan, 'outputs' | 'updates' | 'results'>,
  memory: Memory,
): Results {
  const returned = new Map(Object.values(outputs).map((value) => [value.name, value]));
  const others = [...Object.values(results), ...Object.values(updates)].filter(
    ({ name }) => !returned.has(name),
  );
  if (!session || !isRunInPlace(results)) {
    return {
      kept: () => undefined,
      async compute(feeds) {
        const computed = session ? await session.run(feeds) : {};
        return {
          valuesOf: (name) => valuesOf(computed[name]),
          done() {
            for (const { name } of others) freeBuffer(valuesOf(computed[name]));
          },
        };
      },
    };
  }
  const kept = placesFor(others, memory);
  return {
    kept: (name) => kept.get(name)?.values,
    async compute(feeds) {
      const places = new Map([...kept, ...placesFor([...returned.values()], ArrayBuffer)]);
      await runInPlace(
        session,
        feeds,
        Object.fromEntries(Array.from(places, ([name, { tensor }]) => [name, tensor])),
      );
      return { valuesOf: (name) => places.get(name)!.values, done: () => undefined };
    },
  };
}

/** Memory, and ONNX Runtime's tensor over it. */
interface Place {
  readonly values: TensorData;
  readonly tensor: Tensor;
}

function placesFor(values: readonly OnnxValue[], memory: Memory): Map<string, Place> {
  return new Map(
    values.map(({ name, type, shape }) => {
      const own = arrayOver(type as DType, new memory(sizeOf(shape) * DTYPE_BYTES[type as DType]));
      return [name, { values: own, tensor: ortTensor(type as DType, own, shape) }];
    }),
  );
}

function arrayOver(type: DType, memory: ArrayBuffer | SharedArrayBuffer): TensorData {
  if (type === 'f32') return new Float32Array(memory);
  return type === 'i32' ? new Int32Array(memory) : new Uint16Array(memory);
}
