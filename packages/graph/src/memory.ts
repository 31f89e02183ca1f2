import { DTYPE_BYTES } from './dtype.ts';
import type { EntryNames, TensorSpec } from './backend.ts';
import type { Program } from './program.ts';
import { sizeOf } from './shape.ts';

/** What is on the device at the same time. */
export interface MemoryPlan {
  /** The specs of each state, without entries that will have been released. */
  readonly states: readonly Readonly<Record<string, TensorSpec>>[];
  readonly programs: readonly { readonly program: Program; readonly freeze?: EntryNames | undefined }[];
}

/** Bytes that states and programs need on a backend. */
export interface MemoryNeed {
  /** State entries: weights, moments, averages, conditions. */
  readonly state: number;
  /** Copies of entries that programs hold as constants. */
  readonly frozen: number;
  /** The peak of live intermediate values. */
  readonly activations: number;
  /** Everything else: compiled programs, scratch memory of kernels, staged inputs and results. */
  readonly workspace: number;
}

/** Returns the sum of all parts, in bytes. */
export function totalMemory({ state, frozen, activations, workspace }: MemoryNeed): number {
  return state + frozen + activations + workspace;
}

export function bytesOf({ shape, dtype }: TensorSpec): number {
  return sizeOf(shape) * DTYPE_BYTES[dtype];
}

/** Returns the bytes of all entries of some states. */
export function bytesOfStates(states: MemoryPlan['states']): number {
  return states.flatMap((specs) => Object.values(specs)).reduce((total, spec) => total + bytesOf(spec), 0);
}
