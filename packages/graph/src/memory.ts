import { DTYPE_BYTES } from './dtype.ts';
import type { EntryNames, TensorSpec } from './backend.ts';
import { nodesOf, type Program } from './program.ts';
import { sizeOf } from './shape.ts';
import type { Tensor } from './tensor.ts';

/** Values that are there before the program runs. */
const LEAVES = new Set(['input', 'state', 'constant']);

/** Ops whose result is their first input looked at differently, which needs no room of its own. */
const VIEWS = new Set(['reshape', 'after']);

/** What is to be on the device at the same time. */
export interface MemoryPlan {
  /** The specs of each state, without entries that will have been released. */
  readonly states: readonly Readonly<Record<string, TensorSpec>>[];
  readonly programs: readonly { readonly program: Program; readonly freeze?: EntryNames | undefined }[];
}

/** Bytes that states and programs take up on a backend. */
export interface MemoryNeed {
  /** Entries of the states: weights, moments, averages, conditions. */
  readonly state: number;
  /** What programs hold of entries that they take as constants. */
  readonly frozen: number;
  /** The most that intermediate values take up. */
  readonly activations: number;
  /** What the backend needs besides: compiled programs, scratch of kernels, inputs and results on their way. */
  readonly workspace: number;
}

/** All of it, in bytes. */
export function totalMemory({ state, frozen, activations, workspace }: MemoryNeed): number {
  return state + frozen + activations + workspace;
}

export function bytesOf({ shape, dtype }: TensorSpec): number {
  return sizeOf(shape) * DTYPE_BYTES[dtype];
}

/** Bytes of all entries of some states. */
export function bytesOfStates(states: MemoryPlan['states']): number {
  return states.flatMap((specs) => Object.values(specs)).reduce((total, spec) => total + bytesOf(spec), 0);
}

/**
 * The most that a program's intermediate values take up at one time when nodes run in the order they were
 * built, each computed as the graph says it and freed after its last use. A backend that computes otherwise
 * (attention without its weights, a convolution by shifted copies) needs another amount.
 */
export function activationBytes(program: Program): number {
  const order = nodesOf(program);
  const lastUse = new Map<Tensor, number>();
  order.forEach((tensor, position) => {
    for (const input of tensor.inputs) extend(input, position);
  });
  for (const result of [...Object.values(program.outputs), ...Object.values(program.updates)]) {
    extend(result, order.length);
  }

  /** A value that is only looked at differently lives as long as its last look. */
  function extend(tensor: Tensor, position: number): void {
    lastUse.set(tensor, Math.max(lastUse.get(tensor) ?? 0, position));
    if (VIEWS.has(tensor.op.name)) extend(tensor.inputs[0], position);
  }

  const freed = Array.from({ length: order.length + 1 }, () => 0);
  let current = 0;
  let peak = 0;
  order.forEach((tensor, position) => {
    if (!LEAVES.has(tensor.op.name) && !VIEWS.has(tensor.op.name)) {
      current += bytesOf(tensor);
      freed[lastUse.get(tensor) ?? position] += bytesOf(tensor);
    }
    peak = Math.max(peak, current);
    current -= freed[position];
  });
  return peak;
}
