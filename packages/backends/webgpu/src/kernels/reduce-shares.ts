import { sizeOf } from '@rewardedit/graph';
import type { Load } from '../codegen/element.ts';
import { strideAlong } from '../codegen/index-expression.ts';
import type { DeviceTraits, Width } from '../codegen/shader.ts';

/** How the rows of a reduction are shared out. */
export interface Shares {
  /** Whether the invocations of a workgroup go through one row together, or each through a row of its own. */
  readonly together: boolean;
  /** Invocations of a workgroup. */
  readonly lanes: number;
  /** Into how many parts each row is cut, which a second kernel puts together. */
  readonly parts: number;
}

const LANES = 64;
const LONG_LANES = 256;
/** From this length on, a row pays for the invocations of a workgroup to meet in the end. */
const SHORT = 32;
const LONG = 1024;
/** Where there are so many rows, an invocation each keeps a processor busy. */
const MANY_ROWS = 4096;
/** What keeps a large GPU busy. */
const ENOUGH = { workgroups: 512, invocations: 16384 };
/** What a workgroup, or an invocation of its own, takes in at least before a row is cut. */
const SMALLEST_PART = { workgroup: 1024, invocation: 64 };

/** One invocation of each row, or a workgroup where it is long. */
export function plainShares(count: number, length: number): Shares {
  return { together: length > SHORT && count < MANY_ROWS, lanes: LANES, parts: 1 };
}

/**
 * How so many rows of so many elements are shared out. On a GPU, neighbouring invocations read what lies side by side, and rows
 * are cut in parts where there are too few.
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

/** Whether the elements that lie side by side in the largest tensor belong to different rows. */
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

/** Four elements are taken in at once where some tensor holds them side by side. */
export function widthOf(loads: readonly Load[], fastest: string, size: number): Width {
  return size % 4 === 0 && loads.some(({ address }) => strideAlong(address, fastest) === 1) ? 4 : 1;
}
