import type { DType, TensorData } from '@rewardedit/graph';
import { InferenceSession, type Tensor } from 'onnxruntime-node';
import type { Source } from './host-tail/host-plan.ts';
import { createSharedRun } from './host-tail/shared-run.ts';
import { takesSharedMemory } from './shared-memory.ts';
import { ortTensor } from './ort-tensors.ts';
import { createResults } from './session-results.ts';
import type { StateEntry } from './state-entry.ts';
import type { Plan } from './worker-protocol.ts';

/** A plan prepared in the worker. */
export interface WorkerExecutable {
  run(inputs: Readonly<Record<string, TensorData>>): Promise<Record<string, TensorData>>;
  dispose(): Promise<void>;
}

/** The state entries of a program, by the names in its plan. */
type StateEntries = Readonly<Record<string, StateEntry>>;

/** Determined on first use. */
let sharesMemory: Promise<boolean> | undefined;

export async function createExecutable(
  plan: Plan,
  state: StateEntries,
  options: InferenceSession.SessionOptions,
): Promise<WorkerExecutable> {
  const session = plan.model && (await createSession(plan.model, plan, state, options));
  const isAlone = options.intraOpNumThreads === 1 || !(await (sharesMemory ??= takesSharedMemory()));
  const results = createResults(session, plan, isAlone ? ArrayBuffer : SharedArrayBuffer);
  const host = createSharedRun(
    plan.host,
    isAlone
      ? undefined
      : {
          shared: (name) => state[name].shared(),
          result: (name) => results.kept(plan.results[name].name) as Float32Array | undefined,
        },
  );

  return {
    run: async (inputs) => {
      const feeds: Record<string, Tensor> = {};
      for (const [name, values] of Object.entries(plan.state))
        for (const value of values) feeds[value.name] = state[name].tensor(value);
      for (const [name, values] of Object.entries(plan.inputs))
        for (const { name: input, type, shape } of values)
          feeds[input] = ortTensor(type as DType, inputs[name], shape);
      const computed = await results.compute(feeds);
      const outputs = mapped(plan.outputs, (value, name) => [name, computed.valuesOf(value.name)]);
      const places: { [From in Source['from']]: (name: string) => TensorData } = {
        state: (name) => state[name].values(),
        input: (name) => inputs[name],
        result: (name) => computed.valuesOf(plan.results[name].name),
      };
      await host.run({
        read: ({ from, name }) => places[from](name),
        target: ({ to, name }, length) =>
          (to === 'state'
            ? state[name].values()
            : (outputs[name] = new Float32Array(length))) as Float32Array,
      });
      for (const [name, value] of Object.entries(plan.updates))
        state[name].values().set(computed.valuesOf(value.name));
      computed.done();
      return outputs;
    },
    dispose: async () => {
      host.dispose();
      await session?.release();
    },
  };
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
