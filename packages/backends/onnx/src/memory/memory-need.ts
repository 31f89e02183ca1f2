import { bytesOf, bytesOfStates, type MemoryNeed, type MemoryPlan } from '@rewardedit/graph';
import type { OnnxModel } from '../model/onnx-model.ts';
import { peakBytes, resultBytes } from './peak.ts';

/** Memory of a session per node, measured on models of 1500 to 8000 nodes: 17 to 25 KiB. */
const BYTES_OF_NODE = 20 * 1024;

/** Fragmentation of ONNX Runtime's arena, measured on five programs: 1.0 to 1.4. */
const FRAGMENTATION = 1.15;

/** Constants are kept as given and also packed for the kernels. */
const COPIES_OF_CONSTANTS = 2;

/**
 * Results are copied out of the arena unless they are written in place, and those of one run wait for the
 * garbage collector while the next run allocates its own.
 */
const COPIES_OF_RESULTS = 2;

/** A program as it is passed to ONNX Runtime. */
export interface LoweredProgram {
  readonly model: OnnxModel;
  /** Results that are written in place, into the backend's own memory. */
  readonly inPlace: ReadonlySet<string>;
  readonly frozen: ReadonlySet<string>;
}

/**
 * The memory of states and programs in ONNX Runtime. Each session keeps the memory of its activations between
 * runs, so those of all programs add up.
 */
export function memoryNeed(
  { states, programs }: MemoryPlan,
  lowered: (program: MemoryPlan['programs'][number]) => LoweredProgram,
): MemoryNeed {
  const need = { state: bytesOfStates(states), frozen: 0, activations: 0, workspace: 0 };
  for (const each of programs) {
    const { model, frozen, inPlace } = lowered(each);
    const copied = resultBytes(model, (name) => !inPlace.has(name));
    for (const name of frozen) need.frozen += COPIES_OF_CONSTANTS * bytesOf(each.program.state[name]);
    need.activations += FRAGMENTATION * peakBytes(model, inPlace);
    need.workspace +=
      BYTES_OF_NODE * model.nodes.length +
      COPIES_OF_RESULTS * copied +
      resultBytes(model, (name) => inPlace.has(name));
  }
  return { ...need, activations: Math.round(need.activations) };
}
