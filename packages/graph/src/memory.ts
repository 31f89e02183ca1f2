import { DTYPE_BYTES } from './dtype.ts';
import { nodesOf, type Program } from './program.ts';
import { sizeOf } from './shape.ts';
import type { Tensor } from './tensor.ts';

/** Values that are there before the program runs. */
const LEAVES = new Set(['input', 'state', 'constant']);

/** Ops whose result is their first input looked at differently, which needs no room of its own. */
const VIEWS = new Set(['reshape', 'after']);

/** Bytes that a program needs, as its graph tells before it runs. */
export interface MemoryNeed {
  /** Weights, moments, averages: kept between runs. */
  readonly state: number;
  /** The most that intermediate values take up at one time when nodes run in the order they were built. */
  readonly activations: number;
}

export function bytesOf(tensor: Tensor): number {
  return sizeOf(tensor.shape) * DTYPE_BYTES[tensor.dtype];
}

/** What a program will need. Backends add working space of their own (packed weights, scratch of kernels). */
export function memoryNeed(program: Program): MemoryNeed {
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
  const state = Object.values(program.state).reduce((total, entry) => total + bytesOf(entry), 0);
  return { state, activations: peak };
}
