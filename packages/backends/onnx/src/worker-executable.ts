import type { DType, TensorData } from '@rewardedit/graph';
import { InferenceSession, type Tensor } from 'onnxruntime-node';
import type { Source } from './host-tail/expressions.ts';
import { createHostRun } from './host-tail/run-host-plan.ts';
import type { OnnxValue } from './model/onnx-model.ts';
import { ortTensor, valuesOf } from './ort-tensors.ts';
import type { Plan } from './worker-protocol.ts';

/** A plan made ready in the worker. */
export interface WorkerExecutable {
  run(inputs: Readonly<Record<string, TensorData>>): Promise<Record<string, TensorData>>;
  dispose(): Promise<void>;
}

type StateEntries = ReadonlyMap<string, TensorData>;

export async function createExecutable(
  plan: Plan,
  state: StateEntries,
  options: InferenceSession.SessionOptions,
): Promise<WorkerExecutable> {
  const session = plan.model && (await createSession(plan.model, plan, state, options));
  // ONNX Runtime reads the state where it lies, so that its tensors are made once.
  const entries = tensorsOf(plan.state, (name) => state.get(name)!);
  const runHost = createHostRun(plan.host);

  return {
    run: async (inputs) => {
      const given = tensorsOf(plan.inputs, (name) => inputs[name]);
      const computed = session ? await session.run({ ...entries, ...given }) : {};
      const valueOf = (name: string) => valuesOf(computed[name]);
      const outputs = mapped(plan.outputs, valueOf);
      const places: { [From in Source['from']]: (name: string) => TensorData } = {
        state: (name) => state.get(name)!,
        input: (name) => inputs[name],
        result: (name) => valueOf(plan.results[name]),
      };
      runHost({
        read: ({ from, name }) => places[from](name),
        target: ({ to, name }, length) =>
          (to === 'state' ? state.get(name)! : (outputs[name] = new Float32Array(length))) as Float32Array,
      });
      for (const [name, value] of Object.entries(plan.updates)) state.get(name)!.set(valueOf(value));
      return outputs;
    },
    dispose: async () => session?.release(),
  };
}

function mapped<From, To>(
  record: Readonly<Record<string, From>>,
  value: (from: From) => To,
): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([name, from]) => [name, value(from)]));
}

async function createSession(
  model: Uint8Array,
  plan: Plan,
  state: StateEntries,
  options: InferenceSession.SessionOptions,
): Promise<InferenceSession> {
  const externalData = Object.entries(plan.frozen).map(([name, path]) => {
    const { buffer, byteOffset, byteLength } = state.get(name)!;
    return { path, data: new Uint8Array(buffer, byteOffset, byteLength) };
  });
  return InferenceSession.create(model, { ...options, externalData });
}

/** The model's inputs, from the values of the names they stand for. */
function tensorsOf(
  inputs: Readonly<Record<string, OnnxValue>>,
  valueOf: (name: string) => TensorData,
): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(inputs).map(([name, { name: value, type, shape }]) => {
      const data = valueOf(name);
      return [value, ortTensor(type as DType, data, shape)];
    }),
  );
}
