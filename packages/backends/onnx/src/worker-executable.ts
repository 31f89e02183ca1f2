import type { DType, TensorData } from '@rewardedit/graph';
import { InferenceSession, type Tensor } from 'onnxruntime-node';
import type { Source } from './host-tail/host-plan.ts';
import { createHostRun } from './host-tail/run-host-plan.ts';
import { ortTensor, valuesOf } from './ort-tensors.ts';
import type { StateEntry } from './state-entry.ts';
import type { Plan } from './worker-protocol.ts';

/** A plan made ready in the worker. */
export interface WorkerExecutable {
  run(inputs: Readonly<Record<string, TensorData>>): Promise<Record<string, TensorData>>;
  dispose(): Promise<void>;
}

/** The state entries of a program by the names that its plan has for them. */
type StateEntries = Readonly<Record<string, StateEntry>>;

export async function createExecutable(
  plan: Plan,
  state: StateEntries,
  options: InferenceSession.SessionOptions,
): Promise<WorkerExecutable> {
  const session = plan.model && (await createSession(plan.model, plan, state, options));
  const runHost = createHostRun(plan.host);
  const outputNames = new Set(Object.values(plan.outputs));
  const passing = [...Object.values(plan.results), ...Object.values(plan.updates)].filter(
    (name) => !outputNames.has(name),
  );

  return {
    run: async (inputs) => {
      const entries = mapped(plan.state, (value, name) => [value.name, state[name].tensor(value)]);
      const given = mapped(plan.inputs, (value, name) => [
        value.name,
        ortTensor(value.type as DType, inputs[name], value.shape),
      ]);
      const computed = session ? await session.run({ ...entries, ...given }) : {};
      const valueOf = (name: string) => valuesOf(computed[name]);
      const outputs = mapped(plan.outputs, (value, name) => [name, valueOf(value)]);
      const places: { [From in Source['from']]: (name: string) => TensorData } = {
        state: (name) => state[name].values(),
        input: (name) => inputs[name],
        result: (name) => valueOf(plan.results[name]),
      };
      runHost({
        read: ({ from, name }) => places[from](name),
        target: ({ to, name }, length) =>
          (to === 'state'
            ? state[name].values()
            : (outputs[name] = new Float32Array(length))) as Float32Array,
      });
      for (const [name, value] of Object.entries(plan.updates)) state[name].values().set(valueOf(value));
      for (const name of passing) release(computed[name]);
      return outputs;
    },
    dispose: async () => session?.release(),
  };
}

/**
 * Gives memory back at once. ONNX Runtime copies results out in each run; they would otherwise wait for the garbage
 * collector while the next run makes its own, in memory that has to be fetched from the system.
 */
function release({ data }: Tensor): void {
  // In ES2024, and so not in the library that the sources are checked against.
  const buffer = (data as TensorData).buffer as ArrayBuffer & { transfer(length: number): ArrayBuffer };
  if (buffer.byteLength > 0) buffer.transfer(0);
}

function mapped<From, To>(
  record: Readonly<Record<string, From>>,
  entry: (from: From, name: string) => readonly [name: string, to: To],
): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([name, from]) => entry(from, name)));
}

async function createSession(
  model: Uint8Array,
  plan: Plan,
  state: StateEntries,
  options: InferenceSession.SessionOptions,
): Promise<InferenceSession> {
  const externalData = Object.entries(plan.frozen).map(([name, path]) => {
    const { buffer, byteOffset, byteLength } = state[name].values();
    return { path, data: new Uint8Array(buffer, byteOffset, byteLength) };
  });
  return InferenceSession.create(model, { ...options, externalData });
}
