import type { ComputeType } from '@rewardedit/graph';

/** A reduction in WGSL: its accumulators and how elements update them. Partial results can be merged. */
export interface Combination {
  readonly name: string;
  /** The accumulators, with their initial values. */
  readonly kept: readonly { readonly name: string; readonly start: string }[];
  /** Statements that accumulate an element `x`, or a vector of four. */
  readonly add: readonly string[];
  readonly addVector: readonly string[];
  /** Statements that merge the accumulators of another part, prefixed by `_`. */
  readonly merge: readonly string[];
  /** The results as functions of the accumulators. */
  readonly results: readonly string[];
}

const LARGEST_OF_VECTOR = 'max(max(x.x, x.y), max(x.z, x.w))';

export function sumOf(type: ComputeType): Combination {
  return {
    name: 'sum',
    kept: [{ name: 't', start: `${type}(0)` }],
    add: ['t = t + x;'],
    addVector: ['t = t + ((x.x + x.y) + (x.z + x.w));'],
    merge: ['t = t + _t;'],
    results: ['t'],
  };
}

export function maxOf(type: ComputeType): Combination {
  const least = type === 'i32' ? 'i32(-2147483647)' : 'bitcast<f32>(special_bits[1])';
  return {
    name: 'max',
    kept: [{ name: 't', start: least }],
    add: ['t = max(t, x);'],
    addVector: [`t = max(t, ${LARGEST_OF_VECTOR});`],
    merge: ['t = max(t, _t);'],
    results: ['t'],
  };
}

/**
 * Mean and 1 / sqrt(variance + epsilon) in one pass without cancellation (Welford; partial results are merged
 * by Chan, Golub and LeVeque, 1979).
 */
export function momentsOf(epsilon: number): Combination {
  return {
    name: 'moments',
    kept: ['n', 'mean', 'squares'].map((name) => ({ name, start: 'f32(0)' })),
    add: ['n += 1.0;', 'let d = x - mean;', 'mean += d / n;', 'squares += d * (x - mean);'],
    addVector: [
      'let middle = 0.25 * ((x.x + x.y) + (x.z + x.w));',
      'let rest = x - middle;',
      'let d = middle - mean;',
      'let share = 4.0 / (n + 4.0);',
      'mean += d * share;',
      'squares += dot(rest, rest) + d * d * n * share;',
      'n += 4.0;',
    ],
    merge: [
      'let together = n + _n;',
      'let share = select(0.0, _n / together, together > 0.0);',
      'let d = _mean - mean;',
      'mean += d * share;',
      'squares += _squares + d * d * n * share;',
      'n = together;',
    ],
    results: ['mean', `(1.0 / sqrt(squares / n + f32(${epsilon})))`],
  };
}

/**
 * The lowest finite number. Attention needs a row whose scores are all this low, where a query sees no key,
 * to have nonzero weights.
 */
const LOWEST = 'f32(-0x1.fffffep+127)';

/** The maximum, and the sum of the exponentials relative to it: the statistics of softmax. */
export const EXPONENTIALS: Combination = {
  name: 'exponentials',
  kept: [
    { name: 'most', start: LOWEST },
    { name: 'total', start: 'f32(0)' },
  ],
  add: [
    'let larger = max(most, x);',
    'total = total * exp(most - larger) + exp(x - larger);',
    'most = larger;',
  ],
  addVector: [
    `let larger = max(most, ${LARGEST_OF_VECTOR});`,
    'total = total * exp(most - larger) + dot(exp(x - larger), vec4<f32>(1));',
    'most = larger;',
  ],
  merge: [
    'let larger = max(most, _most);',
    'total = total * exp(most - larger) + _total * exp(_most - larger);',
    'most = larger;',
  ],
  results: ['most', 'total'],
};
