import { bytesOf, bytesOfStates, type MemoryNeed, type MemoryPlan } from '@rewardedit/graph';
import type { OnnxModel } from '../model/onnx-model.ts';
import { peakBytes, resultBytes } from './peak.ts';

/** What a session keeps for each node, measured on models of 1500 to 8000 nodes: 17 to 25 KiB. */
const BYTES_OF_NODE = 20 * 1024;

/** ONNX Runtime's arena finds no place for some values between others, measured on five programs: 1.0 to 1.4. */
const FRAGMENTATION = 1.15;

/** Constants are kept as they came and packed as the kernels want them. */
const COPIES_OF_CONSTANTS = 2;

/** Results are copied out of the arena unless they are written in place, and those of one run wait for the garbage collector while the next one makes its own. */
const COPIES_OF_RESULTS = 2;

/** A program as ONNX Runtime is given it. */
export interface LoweredProgram {
  readonly model: OnnxModel;
  /** The results that are written where they are read, in memory of the backend's own. */
  readonly inPlace: ReadonlySet<string>;
  readonly frozen: ReadonlySet<string>;
}

/**
 * What states and programs take up in ONNX Runtime. Each session keeps the memory of its activations from run to
 * run, so that those of all programs add up.
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
