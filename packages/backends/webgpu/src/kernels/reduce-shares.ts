import { sizeOf } from '@rewardedit/graph';
import type { Load } from '../codegen/element.ts';
import { strideAlong } from '../codegen/index-expression.ts';
import type { DeviceTraits, Width } from '../codegen/shader.ts';

/** How the rows of a reduction are distributed. */
export interface Shares {
  /** Whether a workgroup shares one row, or each invocation reduces its own row. */
  readonly together: boolean;
  /** Invocations per workgroup. */
  readonly lanes: number;
  /** The number of parts per row, which a second kernel merges. */
  readonly parts: number;
}

const LANES = 64;
const LONG_LANES = 256;
/** Shorter rows do not pay for a reduction across the workgroup. */
const SHORT = 32;
const LONG = 1024;
/** With this many rows, one invocation per row keeps a processor busy. */
const MANY_ROWS = 4096;
/** Enough to keep a large GPU busy. */
const ENOUGH = { workgroups: 512, invocations: 16384 };
/** The smallest part of a row per workgroup, or per invocation. */
const SMALLEST_PART = { workgroup: 1024, invocation: 64 };

/** One invocation per row, or one workgroup if rows are long. */
export function plainShares(count: number, length: number): Shares {
  return { together: length > SHORT && count < MANY_ROWS, lanes: LANES, parts: 1 };
}

/**
 * Distributes `count` rows of `length` elements. On a GPU, neighbouring invocations read neighbouring
 * elements, and rows are split if there are too few.
 *
 * @param across whether neighbours in memory belong to different rows.
 */
export function sharesOf(
  { software }: DeviceTraits,
  { count, length, across }: { readonly count: number; readonly length: number; readonly across: boolean },
): Shares {
  if (software) return plainShares(count, length);
  if (across) {
    const parts = partsFor(count, length, ENOUGH.invocations, SMALLEST_PART.invocation);
    return { together: false, lanes: LANES, parts };
  }
  const parts = partsFor(count, length, ENOUGH.workgroups, SMALLEST_PART.workgroup);
  return { together: length > SHORT, lanes: length >= LONG ? LONG_LANES : LANES, parts };
}

function partsFor(count: number, length: number, enough: number, smallest: number): number {
  return Math.max(1, Math.min(Math.ceil(enough / count), Math.floor(length / smallest)));
}

/** Whether neighbouring elements of the largest tensor belong to different rows. */
export function liesAcross(
  loads: readonly Load[],
  rowVariables: readonly string[],
  alongVariables: readonly string[],
): boolean {
  const [largest] = loads.toSorted((a, b) => sizeOf(b.tensor.shape) - sizeOf(a.tensor.shape));
  if (!largest) return false;
  return leastStride(largest, rowVariables) < leastStride(largest, alongVariables);
}

function leastStride({ address }: Load, variables: readonly string[]): number {
  return Math.min(Infinity, ...variables.map((name) => strideAlong(address, name) || Infinity).map(Math.abs));
}

/** Four elements at a time, if some tensor is contiguous along them. */
export function widthOf(loads: readonly Load[], fastest: string, size: number): Width {
  return size % 4 === 0 && loads.some(({ address }) => strideAlong(address, fastest) === 1) ? 4 : 1;
}
