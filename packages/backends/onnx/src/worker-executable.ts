import { sizeOf, type DType, type TensorData } from '@rewardedit/graph';
import { InferenceSession, type Tensor } from 'onnxruntime-node';
import type { Source } from './host-tail/host-plan.ts';
import { createSharedRun } from './host-tail/shared-run.ts';
import { giveBack } from './give-back.ts';
import { takesSharedMemory } from './shared-memory.ts';
import { ortTensor, valuesOf } from './ort-tensors.ts';
import type { StateEntry } from './state-entry.ts';
import type { OnnxValue } from './model/onnx-model.ts';
import type { Plan } from './worker-protocol.ts';

/** A plan made ready in the worker. */
export interface WorkerExecutable {
  run(inputs: Readonly<Record<string, TensorData>>): Promise<Record<string, TensorData>>;
  dispose(): Promise<void>;
}

/** The state entries of a program by the names that its plan has for them. */
type StateEntries = Readonly<Record<string, StateEntry>>;

/** Found when it is needed first. */
let sharesMemory: Promise<boolean> | undefined;

export async function createExecutable(
  plan: Plan,
  state: StateEntries,
  options: InferenceSession.SessionOptions,
): Promise<WorkerExecutable> {
  const session = plan.model && (await createSession(plan.model, plan, state, options));
  const outputNames = new Set(Object.values(plan.outputs));
  const isAlone = options.intraOpNumThreads === 1 || !(await (sharesMemory ??= takesSharedMemory()));
  const kept = keptResults(
    Object.values(plan.results).filter(({ name }) => !outputNames.has(name)),
    isAlone ? (bytes) => new ArrayBuffer(bytes) : (bytes) => new SharedArrayBuffer(bytes),
  );
  const host = createSharedRun(
    plan.host,
    isAlone
      ? undefined
      : {
          shared: (name) => state[name].shared(),
          result: (name) => kept[plan.results[name].name]?.values,
        },
  );
  const fetches = Object.fromEntries(
    session?.outputNames.map((name) => [name, kept[name]?.tensor ?? null]) ?? [],
  );
  const passing = Object.values(plan.updates).filter((name) => !outputNames.has(name) && !(name in kept));

  return {
    run: async (inputs) => {
      const feeds: Record<string, Tensor> = {};
      for (const [name, values] of Object.entries(plan.state))
        for (const value of values) feeds[value.name] = state[name].tensor(value);
      for (const [name, values] of Object.entries(plan.inputs))
        for (const { name: input, type, shape } of values)
          feeds[input] = ortTensor(type as DType, inputs[name], shape);
      const computed = session ? await session.run(feeds, fetches) : {};
      const valueOf = (name: string) => valuesOf(computed[name]);
      const outputs = mapped(plan.outputs, (value, name) => [name, valueOf(value)]);
      const places: { [From in Source['from']]: (name: string) => TensorData } = {
        state: (name) => state[name].values(),
        input: (name) => inputs[name],
        result: (name) => valueOf(plan.results[name].name),
      };
      await host.run({
        read: ({ from, name }) => places[from](name),
        target: ({ to, name }, length) =>
          (to === 'state'
            ? state[name].values()
            : (outputs[name] = new Float32Array(length))) as Float32Array,
      });
      for (const [name, value] of Object.entries(plan.updates)) state[name].values().set(valueOf(value));
      for (const name of passing) giveBack(computed[name].data as TensorData);
      return outputs;
    },
    dispose: async () => {
      host.dispose();
      await session?.release();
    },
  };
}

/** A result that only the host reads: the same memory in every run. */
interface KeptResult {
  readonly values: Float32Array;
  readonly tensor: Tensor;
}

/**
 * Memory for results that only the host reads, most of all gradients. ONNX Runtime writes them there: it would otherwise compute them
 * into memory of its own, keep that, and give out a copy.
 */
function keptResults(
  results: readonly OnnxValue[],
  memory: (bytes: number) => ArrayBuffer | SharedArrayBuffer,
): Readonly<Record<string, KeptResult>> {
  return Object.fromEntries(
    results.map(({ name, type, shape }) => {
      const values = new Float32Array(memory(sizeOf(shape) * Float32Array.BYTES_PER_ELEMENT));
      return [name, { values, tensor: ortTensor(type as DType, values, shape) }];
    }),
  );
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
