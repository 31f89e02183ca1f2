import { numbersOf } from '@rewardedit/graph';

/** The allowed error of a tensor: absolute, plus a share of the reference's largest value. */
export interface Tolerance {
  readonly absolute: number;
  readonly relative: number;
}

/** The error of one tensor. */
export interface Difference {
  readonly name: string;
  /** Largest absolute error. */
  readonly absolute: number;
  /**
   * The same relative to the reference's largest value; undefined if the reference is zero up to rounding.
   */
  readonly relative: number | undefined;
  /** The largest error that the tolerance allows for this tensor. */
  readonly allowed: number;
  readonly within: boolean;
}

/** Tensors of one kind with the same tolerance: outputs, activations, gradients, ... */
export interface Group {
  readonly name: string;
  readonly tolerance: Tolerance;
  readonly differences: readonly Difference[];
}

/** Compares values with their reference; f16 values are given as bits. NaN is an infinite error. */
export function difference(
  name: string,
  values: ArrayLike<number>,
  expected: ArrayLike<number>,
  tolerance: Tolerance,
): Difference {
  const found = values instanceof Uint16Array ? numbersOf(values) : values;
  if (found.length !== expected.length) {
    throw new Error(`${name} has ${found.length} values, its reference ${expected.length}.`);
  }
  let absolute = 0;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    const distance = Math.abs(found[i] - expected[i]);
    if (!(distance <= absolute)) absolute = Number.isNaN(distance) ? Infinity : distance;
    largest = Math.max(largest, Math.abs(expected[i]));
  }
  const allowed = tolerance.absolute + tolerance.relative * largest;
  const relative = largest > tolerance.absolute ? absolute / largest : undefined;
  return { name, absolute, relative, allowed, within: absolute <= allowed };
}

/** Compares all tensors of a reference with those of the same names, none of which may be missing. */
export function compareAll(
  name: string,
  found: Readonly<Record<string, ArrayLike<number>>>,
  expected: Readonly<Record<string, ArrayLike<number>>>,
  tolerance: Tolerance,
): Group {
  const differences = Object.entries(expected).map(([tensor, values]) => {
    if (!Object.hasOwn(found, tensor)) throw new Error(`Nothing was computed for ${name} "${tensor}".`);
    return difference(tensor, found[tensor], values, tolerance);
  });
  return { name, tolerance, differences };
}

/** The tensor of a group closest to its tolerance, or furthest beyond it. */
export function worstOf({ differences }: Group): Difference | undefined {
  const strain = ({ absolute, allowed }: Difference) => (absolute === 0 ? 0 : absolute / allowed);
  return differences.toSorted((a, b) => strain(b) - strain(a)).at(0);
}

/** The largest absolute error in a group, and the largest relative error. */
export function extremes({ differences }: Group): { absolute: number; relative: number | undefined } {
  const relative = differences.flatMap((one) => one.relative ?? []);
  return {
    absolute: Math.max(0, ...differences.map((one) => one.absolute)),
    relative: relative.length > 0 ? Math.max(...relative) : undefined,
  };
}

export function isWithin(groups: readonly Group[]): boolean {
  return groups.every(({ differences }) => differences.every(({ within }) => within));
}
