import { numbersOf } from '@rewardedit/graph';

/** How far one tensor may be from its reference: absolute, plus a share of the reference's largest value. */
export interface Tolerance {
  readonly absolute: number;
  readonly relative: number;
}

/** One tensor against its reference. */
export interface Difference {
  readonly name: string;
  /** Largest absolute difference. */
  readonly absolute: number;
  /** The same as a share of the reference's largest value; none where the reference is zero but for rounding. */
  readonly relative: number | undefined;
  /** The largest difference that the tolerance allows for this tensor. */
  readonly allowed: number;
  readonly within: boolean;
}

/** Tensors of one kind, held to the same tolerance: outputs, activations, gradients, ... */
export interface Group {
  readonly name: string;
  readonly tolerance: Tolerance;
  readonly differences: readonly Difference[];
}

/** Compares values, those of f16 as their bits, with their reference. A value that is no number is infinitely far from anything. */
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

/** Compares all tensors of a reference with those found under the same names, none of which may be missing. */
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

/** The tensor of a group that comes nearest to its tolerance, or passes it by most. */
export function worstOf({ differences }: Group): Difference | undefined {
  const strain = ({ absolute, allowed }: Difference) => (absolute === 0 ? 0 : absolute / allowed);
  return differences.toSorted((a, b) => strain(b) - strain(a)).at(0);
}

/** The largest difference in a group, and the largest as a share of its tensor's largest value. */
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
