import { RewardEditError } from '@rewardedit/core';
import {
  formatShape,
  memoryNeed,
  nodesOf,
  sameShape,
  type Backend,
  type BackendEvent,
  type CompileOptions,
  type Executable,
  type Program,
  type State,
  type TensorSpec,
} from '@rewardedit/graph';
import type { DeviceTraits } from './codegen/shader.ts';
import { createPipelines } from './device/pipelines.ts';
import { checkInputs, createDeviceExecutable } from './executable.ts';
import { decompose } from './lowering/decompose.ts';
import { lower } from './lowering/lower.ts';
import { createDeviceState, type DeviceState } from './state.ts';

const DECOMPOSED = new Set(['attention']);

/** Runs programs on a WebGPU device, in Node or in a browser. */
export function createDeviceBackend(device: GPUDevice, traits: DeviceTraits, name = 'webgpu'): Backend {
  const pipelines = createPipelines(device);
  const listeners = new Set<(event: BackendEvent) => void>();
  const states = new WeakMap<State, DeviceState>();
  /** Runs happen one after another. */
  let queue: Promise<unknown> = Promise.resolve();

  function report(event: BackendEvent): void {
    for (const listener of listeners) listener(event);
  }

  function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = queue.then(work);
    queue = turn.catch(() => undefined);
    return turn;
  }

  async function compile(
    program: Program,
    state: State,
    { freeze = false }: CompileOptions = {},
  ): Promise<Executable> {
    const start = performance.now();
    const memory = memoryNeed(program);
    report({ type: 'compiling', nodes: nodesOf(program).length, memory });
    const entries = states.get(state);
    if (!entries)
      throw new RewardEditError('usage', 'A program can only be compiled for a state of the same backend.');
    if (freeze && Object.keys(program.updates).length > 0)
      throw new RewardEditError('usage', 'A program with updates cannot be frozen: its state has to change.');
    checkState(program, state.specs);
    const lowered = lower(decompose(program, DECOMPOSED), traits);
    const executable = await createDeviceExecutable({ device, pipelines, traits }, lowered, entries);
    report({ type: 'compiled', seconds: (performance.now() - start) / 1000 });
    return {
      memory,
      run: (inputs) => {
        const copies = Object.fromEntries(Object.entries(inputs).map(([name, values]) => [name, values.slice()]));
        return inTurn(async () => {
          checkInputs(program, copies);
          return executable.run(copies);
        });
      },
      dispose: async () => executable.dispose(),
    };
  }

  return {
    name,
    createState: async (specs) => {
      const state = createDeviceState(device, specs, traits.halves);
      states.set(state, state);
      return state;
    },
    compile,
    onEvent: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    dispose: async () => {
      await queue;
      device.destroy();
    },
  };
}

/** The program may use part of the state, in the shapes it was made with. */
function checkState(program: Program, specs: Readonly<Record<string, TensorSpec>>): void {
  for (const [name, { shape, dtype }] of Object.entries(program.state)) {
    const spec = specs[name];
    if (!spec)
      throw new RewardEditError('bad-input', `The program reads "${name}", which the state does not have.`);
    if (!sameShape(spec.shape, shape) || spec.dtype !== dtype) {
      const [wanted, present] = [{ shape, dtype }, spec].map(
        (each) => `${formatShape(each.shape)} ${each.dtype}`,
      );
      const message = `The program reads "${name}" as ${wanted}; the state has it as ${present}.`;
      throw new RewardEditError('bad-input', message);
    }
  }
}
