import { RewardEditError } from '@rewardedit/core';
import { asRecord } from './reference-sets.ts';

/** A weight whose values follow from its name. */
export interface FormulaWeight {
  readonly shape: readonly number[];
  readonly centre: number;
  readonly amplitude: number;
}

/** `weights.json` of a set without stored weights. */
export interface FormulaWeights {
  readonly tensors: Readonly<Record<string, FormulaWeight>>;
  /** The parameter of each row of the gradient summary. */
  readonly gradientRows: readonly string[];
}

/**
 * Parses `weights.json`, and checks by the first values it lists that it uses the formula implemented here.
 *
 * @throws RewardEditError 'bad-input' if they differ.
 */
export function parseFormulaWeights(value: unknown, where: string): FormulaWeights {
  const { tensors, check, gradient_rows: rows } = asRecord(value);
  const weights = Object.fromEntries(
    Object.entries(asRecord(tensors)).map(([name, entry]) => [
      name,
      asRecord(entry) as unknown as FormulaWeight,
    ]),
  );
  const { name, first } = asRecord(check) as { name: string; first: number[] };
  const found = formulaValues(name, first.length, weights[name]);
  if (first.some((value, i) => Math.fround(value) !== found[i])) {
    throw new RewardEditError(
      'bad-input',
      `the weights of ${name} begin with ${found.join(', ')}, not ${first.join(', ')}`,
      {
        where,
        hint: 'the set uses a different formula than tools/parity/formula-weights.ts',
      },
    );
  }
  return { tensors: weights, gradientRows: rows as string[] };
}

/**
 * The first `count` values of a weight: centre + amplitude (2 u - 1), with u in [0, 1) from a hash of name
 * and position.
 */
export function formulaValues(
  name: string,
  count: number,
  { centre, amplitude }: Pick<FormulaWeight, 'centre' | 'amplitude'>,
): Float32Array {
  const start = fnv1a(name);
  return Float32Array.from({ length: count }, (_, i) => {
    const u = mix((start + Math.imul(i, 0x9e3779b9)) >>> 0) / 2 ** 32;
    return centre + amplitude * (2 * u - 1);
  });
}

/** The 32-bit FNV-1a hash of a text's UTF-8 bytes. */
function fnv1a(text: string): number {
  return new TextEncoder()
    .encode(text)
    .reduce((hash, byte) => Math.imul(hash ^ byte, 0x01000193) >>> 0, 0x811c9dc5);
}

/** Mixes a 32-bit number, so that neighbours become unrelated. */
function mix(x: number): number {
  let y = x ^ (x >>> 16);
  y = Math.imul(y, 0x7feb352d);
  y ^= y >>> 15;
  y = Math.imul(y, 0x846ca68b);
  return (y ^ (y >>> 16)) >>> 0;
}
