import { availableParallelism, totalmem } from 'node:os';
import { RewardEditError } from '@rewardedit/core';
import {
  bindState,
  copyInputs,
  createBackendEvents,
  bytesOf,
  frozenEntries,
  nodesOf,
  type Backend,
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
  /** Threads per op; one per core by default. */
  readonly threads?: number;
}

/**
 * How long an idle thread spins, in microseconds. The gap between two ops is usually shorter than waking a
 * sleeping thread takes; spinning much longer would take cores from other processes.
 */
const SPIN_MICROSECONDS = 50;

/** Runs programs through ONNX Runtime, in a worker thread. */
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
  const { report, whileRunning, onEvent } = createBackendEvents();
  const stateNumbers = new WeakMap<State, number>();
  let nextNumber = 0;

  const sessionOptions: InferenceSession.SessionOptions = {
    executionProviders: [traits.options],
    intraOpNumThreads: threads,
    executionMode: 'sequential',
    enableMemPattern: false,
    // Errors are thrown; nothing else should reach the user's terminal.
    logSeverityLevel: 4,
    extra: {
      session: { intra_op: { allow_spinning: '1', spin_duration_us: String(SPIN_MICROSECONDS) } },
    },
  };

  function loweringFor(program: Program, freeze: CompileOptions['freeze']) {
    const frozen = frozenEntries(program, freeze);
    const optimized = isMostlyFrozen(program, frozen);
    // For constant weights, ONNX Runtime chooses the layout itself.
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
    await whileRunning(worker.call('compile', compiling, request, transfer));
    report({ type: 'compiled', seconds: (performance.now() - start) / 1000 });
    // Keeps nothing else of the program, whose nodes take more memory than its plan.
    const declared = { inputs: program.inputs };
    return {
      run: async (inputs) => {
        const copies = copyInputs(declared, inputs);
        const transfer = Object.values(copies).map(({ buffer }) => buffer as ArrayBuffer);
        const request = { executable, inputs: copies };
        const outputs = await whileRunning(worker.call('run', 'Running a program', request, transfer));
        // The program declares these types.
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
    // The limit of the container, if there is one.
    memoryLimit: () => Math.min(process.constrainedMemory() || Number.POSITIVE_INFINITY, totalmem()),
    copiesState: traits.copiesState ?? false,
    batchPays,
    onEvent,
    dispose: worker.dispose,
  };
}

/**
 * ONNX Runtime's optimizations pay off for constant weights, which it packs. Other programs are emitted as
 * they should run: optimization would take time and only change the order of the nodes.
 */
function optimization(optimized: boolean): InferenceSession.SessionOptions {
  return { graphOptimizationLevel: optimized ? 'all' : 'disabled' };
}

/** Whether most of the state that a program reads is constant. */
function isMostlyFrozen(program: Program, frozen: ReadonlySet<string>): boolean {
  const entries = Object.entries(program.state);
  const bytes = (kept: (name: string) => boolean) =>
    entries.reduce((total, [name, spec]) => (kept(name) ? total + bytesOf(spec) : total), 0);
  return bytes((name) => frozen.has(name)) > bytes((name) => !frozen.has(name));
}
