import { RewardEditError } from '@rewardedit/core/errors';
import {
  bindState,
  copyInputs,
  createBackendEvents,
  frozenEntries,
  nodesOf,
  sizeOf,
  type Backend,
  type BoundEntry,
  type CompileOptions,
  type DTypes,
  type Executable,
  type Program,
  type State,
  type States,
  type TensorData,
  type ValuesOf,
} from '@rewardedit/graph';
import { bytesPerElement, type DeviceTraits } from './codegen/shader.ts';
import { measureCeilings, type Ceilings } from './device/ceilings.ts';
import type { Entry } from './device/entry.ts';
import { watchFaults } from './device/faults.ts';
import { createPipelines, type Pipelines } from './device/pipelines.ts';
import { createDeviceExecutable, type DeviceExecutable } from './executable.ts';
import { lower, type Lowered } from './lowering/lower.ts';
import { memoryNeed } from './memory.ts';
import { assertFits } from './plan/fits.ts';
import type { Profile } from './profile.ts';
import { createDeviceState, type DeviceState } from './state.ts';
import type { Tuner } from './tuning/tuner.ts';

export interface DeviceBackendOptions {
  readonly traits: DeviceTraits;
  /** The name users give. */
  readonly name: string;
  /** Chooses among kernels for the same result; without it, the first one is used. */
  readonly tuner?:
    ((device: { device: GPUDevice; pipelines: Pipelines; traits: DeviceTraits }) => Tuner) | undefined;
  /** Bytes that are free at the moment, as far as known. */
  availableMemory(): number;
  /** Total bytes. */
  memoryLimit(): number;
}

/** A backend that can also profile programs and measure the device. */
export interface WebGpuBackend extends Backend {
  /** Runs a program of this backend once and measures the time of each kernel. */
  profile(executable: Executable, inputs: Readonly<Record<string, TensorData>>): Promise<Profile>;
  /** Measures the peak throughput of the device. */
  ceilings(): Promise<Ceilings>;
}

/** Runs programs on a WebGPU device, in Node or in a browser. */
export function createDeviceBackend(
  device: GPUDevice,
  { traits, name, tuner: makeTuner, availableMemory, memoryLimit }: DeviceBackendOptions,
): WebGpuBackend {
  const pipelines = createPipelines(device);
  const tuner = makeTuner?.({ device, pipelines, traits });
  const faults = watchFaults(device);
  const lowered = new WeakMap<Program, Lowered>();
  const { report, whileRunning, onEvent } = createBackendEvents();
  const states = new WeakMap<State, DeviceState>();
  const executables = new WeakMap<object, { program: Program; executable: DeviceExecutable }>();
  let queue: Promise<unknown> = Promise.resolve();

  /** The kernels of a program, cached because both memory planning and compilation need them. */
  function kernelsOf(program: Program): Lowered {
    const known = lowered.get(program) ?? lower(program, traits);
    lowered.set(program, known);
    return known;
  }

  /** Runs work after everything that was requested before. */
  function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = queue.then(async () => {
      try {
        const result = await work();
        faults.check();
        return result;
      } catch (error) {
        throw faults.explained(error);
      }
    });
    queue = turn.catch(() => undefined);
    return turn;
  }

  function entryOf({ state, name }: BoundEntry): Entry {
    const found = states.get(state);
    if (found) return found.entry(name);
    throw new RewardEditError('usage', 'A program can only be compiled for a state of the same backend.');
  }

  async function compile<Inputs extends DTypes, Outputs extends DTypes>(
    program: Program<Inputs, Outputs>,
    given: States,
    { freeze, aliases }: CompileOptions = {},
  ): Promise<Executable<Inputs, Outputs>> {
    const start = performance.now();
    report({ type: 'compiling', nodes: nodesOf(program).length });
    const bound = Object.entries(bindState(program, given, aliases));
    const entries = Object.fromEntries(bound.map(([each, entry]) => [each, entryOf(entry)]));
    const frozen = frozenEntries(program, freeze);
    const executable = await inTurn(() =>
      createDeviceExecutable(
        { device, pipelines, traits, tuner, availableMemory },
        kernelsOf(program),
        entries,
        frozen,
      ),
    );
    report({ type: 'compiled', seconds: (performance.now() - start) / 1000 });
    const compiled: Executable<Inputs, Outputs> = {
      run: async (inputs) => {
        const copies = copyInputs(program, inputs);
        // The program declares these types.
        return (await whileRunning(inTurn(() => executable.run(copies)))) as ValuesOf<Outputs>;
      },
      dispose: async () => inTurn(async () => executable.dispose()),
    };
    executables.set(compiled, { program, executable });
    return compiled;
  }

  return {
    name,
    createState: async (specs) => {
      const { state: total } = memoryNeed(
        { states: [specs], programs: [] },
        { traits, limits: device.limits, kernelsOf },
      );
      const sizes = Object.entries(specs).map(([entry, { shape, dtype }]) => ({
        name: entry,
        bytes: sizeOf(shape) * bytesPerElement(dtype, traits),
      }));
      assertFits('The state', sizes, total, { limits: device.limits, available: availableMemory() });
      const state = createDeviceState(device, specs, { halves: traits.halves, inTurn });
      states.set(state, state);
      // Out of memory is reported asynchronously.
      await inTurn(() => device.queue.onSubmittedWorkDone());
      return state;
    },
    compile,
    profile: async (compiled, inputs) => {
      const found = executables.get(compiled);
      if (!found)
        throw new RewardEditError('usage', 'Only programs compiled by this backend can be profiled.');
      const copies = copyInputs(found.program, inputs);
      return inTurn(() => found.executable.profile(copies));
    },
    ceilings: () => inTurn(() => measureCeilings(device, pipelines, traits)),
    memory: (plan) => memoryNeed(plan, { traits, limits: device.limits, kernelsOf }),
    availableMemory,
    memoryLimit,
    batchPays: () => !traits.software,
    onEvent,
    dispose: async () => {
      await queue;
      device.destroy();
    },
  };
}
