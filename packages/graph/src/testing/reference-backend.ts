import type { Backend, ValuesOf } from '../backend.ts';
import type { DTypes } from '../dtype.ts';
import { evaluate } from '../evaluate.ts';
import type { Program } from '../program.ts';
import type { TensorData } from '../tensor-data.ts';

/**
 * A backend that runs the float64 evaluation, with each value passed through `spoil`. Supports a single
 * state, all f32.
 */
export function referenceBackend(spoil: (value: number) => number = (value) => value): Backend {
  const entries: Record<string, TensorData> = {};
  return {
    name: 'reference',
    createState: async (specs) => ({
      specs,
      released: new Set<string>(),
      read: async (name) => entries[name],
      write: async (name, values) => void (entries[name] = values),
      release: async () => undefined,
      dispose: async () => undefined,
    }),
    compile: async <Inputs extends DTypes, Outputs extends DTypes>(program: Program<Inputs, Outputs>) => ({
      run: async (inputs: Readonly<Record<string, TensorData>>) => {
        const { outputs } = evaluate(program, { inputs, state: entries });
        return Object.fromEntries(
          Object.entries(outputs).map(([name, values]) => [name, Float32Array.from(values, spoil)]),
        ) as ValuesOf<Outputs>;
      },
      dispose: async () => undefined,
    }),
    memory: () => ({ state: 0, frozen: 0, activations: 0, workspace: 0 }),
    availableMemory: () => 0,
    memoryLimit: () => 0,
    batchPays: () => false,
    onEvent: () => () => undefined,
    dispose: async () => undefined,
  };
}
