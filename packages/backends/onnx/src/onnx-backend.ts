import { availableParallelism, totalmem } from 'node:os';
import { RewardEditError } from '@rewardedit/core';
import {
  bindState,
  copyInputs,
  bytesOf,
  frozenEntries,
  nodesOf,
  type Backend,
  type BackendEvent,
  type BoundEntry,
  type CompileOptions,
  type DTypes,
  type Executable,
  type Program,
  type State,
  type States,
  type ValuesOf,
} from '@rewardedit/graph';
import type { InferenceSession } from 'onnxruntime-node';
import { measureChannelBlock } from './channel-block.ts';
import { assertCudaIsThere } from './cuda/libraries.ts';
import { batchPays } from './batch-pays.ts';
import { memoryNeed } from './memory/memory-need.ts';
import { createState } from './onnx-state.ts';
import { modelOf, planProgram } from './plan.ts';
import { availableProvider, providerTraits, type Provider } from './providers.ts';
import { createWorkerClient } from './worker-client.ts';

export interface OnnxBackendOptions {
  readonly provider?: Provider;
  /** Threads of one op; as many as the machine has cores by default. */
  readonly threads?: number;
}

const HEARTBEAT_MILLISECONDS = 500;

/**
 * How long a thread without work keeps its core, in microseconds. From one op to the next it is less than it takes to wake a thread that
 * sleeps; much longer would take the core from others on a machine that is shared.
 */
const SPIN_MICROSECONDS = 50;

/** Runs programs through ONNX Runtime, in a thread of its own. */
export async function createOnnxBackend({
  provider = 'cpu',
  threads = availableParallelism(),
}: OnnxBackendOptions = {}): Promise<Backend> {
  const traits = providerTraits(availableProvider(provider));
  if (provider === 'cuda' && process.platform === 'linux') assertCudaIsThere();
  const channelBlock = provider === 'cpu' ? await measureChannelBlock() : undefined;
  const worker = createWorkerClient();
  const compiling =
    provider === 'cpu'
      ? 'Compiling a program'
      : `Compiling a program for "${provider}" (onnx:cpu is always there)`;
  const listeners = new Set<(event: BackendEvent) => void>();
  const stateNumbers = new WeakMap<State, number>();
  let nextNumber = 0;

  const sessionOptions: InferenceSession.SessionOptions = {
    executionProviders: [traits.options],
    intraOpNumThreads: threads,
    executionMode: 'sequential',
    enableMemPattern: false,
    // What goes wrong is thrown; nothing else belongs on the user's terminal.
    logSeverityLevel: 4,
    extra: {
      session: { intra_op: { allow_spinning: '1', spin_duration_us: String(SPIN_MICROSECONDS) } },
    },
  };

  function report(event: BackendEvent): void {
    for (const listener of listeners) listener(event);
  }

  /** Awaits something that takes long, and says so from time to time. */
  async function watched<Result>(work: Promise<Result>): Promise<Result> {
    const start = performance.now();
    const timer = setInterval(
      () => report({ type: 'running', seconds: (performance.now() - start) / 1000 }),
      HEARTBEAT_MILLISECONDS,
    );
    try {
      return await work;
    } finally {
      clearInterval(timer);
    }
  }

  function loweringFor(program: Program, freeze: CompileOptions['freeze']) {
    const frozen = frozenEntries(program, freeze);
    const optimized = isMostlyFrozen(program, frozen);
    // Where the weights are constants, ONNX Runtime chooses the layout itself.
    return { optimized, options: { frozen, ...traits, channelBlock: optimized ? undefined : channelBlock } };
  }

  function placeOf({ state, name }: BoundEntry): { state: number; name: string } {
    const number = stateNumbers.get(state);
    if (number !== undefined) return { state: number, name };
    throw new RewardEditError('usage', 'A program can only be compiled for a state of the same backend.');
  }

  async function compile<Inputs extends DTypes, Outputs extends DTypes>(
    program: Program<Inputs, Outputs>,
    states: States,
    { freeze, aliases }: CompileOptions = {},
  ): Promise<Executable<Inputs, Outputs>> {
    const start = performance.now();
    report({ type: 'compiling', nodes: nodesOf(program).length });
    const bound = Object.entries(bindState(program, states, aliases));
    const entries = Object.fromEntries(bound.map(([name, entry]) => [name, placeOf(entry)]));
    const { optimized, options } = loweringFor(program, freeze);
    const plan = planProgram(program, options);
    const executable = nextNumber++;
    const request = {
      executable,
      plan,
      entries,
      options: { ...sessionOptions, ...optimization(optimized) },
    };
    const transfer = plan.model ? [plan.model.buffer] : [];
    await watched(worker.call('compile', compiling, request, transfer));
    report({ type: 'compiled', seconds: (performance.now() - start) / 1000 });
    // Nothing else of the program is kept, whose nodes take up more than its plan.
    const declared = { inputs: program.inputs };
    return {
      run: async (inputs) => {
        const copies = copyInputs(declared, inputs);
        const transfer = Object.values(copies).map(({ buffer }) => buffer as ArrayBuffer);
        const request = { executable, inputs: copies };
        const outputs = await watched(worker.call('run', 'Running a program', request, transfer));
        // Of the types that the program says.
        return outputs as ValuesOf<Outputs>;
      },
      dispose: async () => {
        await worker.call('disposeExecutable', 'Disposing of an executable', { executable });
      },
    };
  }

  return {
    name: `onnx:${provider}`,
    createState: async (specs) => {
      const number = nextNumber++;
      const state = await createState(worker, number, specs);
      stateNumbers.set(state, number);
      return state;
    },
    compile,
    memory: (wanted) =>
      memoryNeed(wanted, ({ program, freeze }) => {
        const { options } = loweringFor(program, freeze);
        return { frozen: options.frozen, ...modelOf(program, options) };
      }),
    availableMemory: () => process.availableMemory(),
    // Of a container, where it has a limit.
    memoryLimit: () => Math.min(process.constrainedMemory() || Number.POSITIVE_INFINITY, totalmem()),
    copiesState: traits.copiesState ?? false,
    batchPays,
    onEvent: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    dispose: worker.dispose,
  };
}

/**
 * ONNX Runtime's own optimizations pay where the weights are constants, which it then packs. Other programs are
 * emitted as they should run: it would only change the order of the nodes, and take its time.
 */
function optimization(optimized: boolean): InferenceSession.SessionOptions {
  return { graphOptimizationLevel: optimized ? 'all' : 'disabled' };
}

/** Whether constants are the larger part of what a program reads. */
function isMostlyFrozen(program: Program, frozen: ReadonlySet<string>): boolean {
  const entries = Object.entries(program.state);
  const bytes = (kept: (name: string) => boolean) =>
    entries.reduce((total, [name, spec]) => (kept(name) ? total + bytesOf(spec) : total), 0);
  return bytes((name) => frozen.has(name)) > bytes((name) => !frozen.has(name));
}
