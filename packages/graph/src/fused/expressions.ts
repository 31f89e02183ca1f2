import type { FormulaName } from './formulas.ts';

/** The types in which kernels compute; f16 is a storage type only. */
export type ComputeType = 'f32' | 'i32';

/**
 * A value that a fused kernel computes: a single number, or one number per element. Equal values are the same
 * object.
 *
 * `Source` is the backend's description of where a read value is stored.
 */
export type FusedValue<Source> = {
  readonly id: number;
  readonly length: number;
  readonly type: ComputeType;
} & (
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'read'; readonly source: Source }
  | {
      readonly kind: 'formula';
      readonly formula: FormulaName;
      readonly operands: readonly FusedValue<Source>[];
    }
  | { readonly kind: 'total'; readonly operand: FusedValue<Source> }
);

/** Builds the values of fused kernels, deduplicated. */
export interface Expressions<Source> {
  number(value: number, type?: ComputeType): FusedValue<Source>;
  read(source: Source, length: number, type?: ComputeType): FusedValue<Source>;
  apply(formula: FormulaName, ...operands: readonly FusedValue<Source>[]): FusedValue<Source>;
  /** The sum over all elements, a single number. */
  total(operand: FusedValue<Source>): FusedValue<Source>;
  /** All values built so far, each after its operands. */
  readonly values: readonly FusedValue<Source>[];
}

/** Formulas whose result type differs from that of their last operand. */
const RESULT_TYPES: { readonly [Name in FormulaName]?: ComputeType } = { truncate: 'i32', float: 'f32' };

/** @param keyOf returns a text that is equal for equal sources. */
export function createExpressions<Source>(keyOf: (source: Source) => string): Expressions<Source> {
  const values: FusedValue<Source>[] = [];
  const numbered = new Map<string, FusedValue<Source>>();

  function once(key: string, make: (id: number) => FusedValue<Source>): FusedValue<Source> {
    const known = numbered.get(key);
    if (known) return known;
    const made = make(values.length);
    values.push(made);
    numbered.set(key, made);
    return made;
  }

  return {
    values,
    number: (value, type = 'f32') =>
      once(`${Object.is(value, -0) ? '-0' : value} ${type}`, (id) => ({
        id,
        length: 1,
        type,
        kind: 'number',
        value,
      })),
    read: (source, length, type = 'f32') =>
      once(`read ${keyOf(source)}`, (id) => ({ id, length, type, kind: 'read', source })),
    apply: (formula, ...operands) =>
      once(`${formula}(${operands.map(({ id }) => id).join()})`, (id) => {
        const length = Math.max(...operands.map((operand) => operand.length));
        const type = RESULT_TYPES[formula] ?? operands[operands.length - 1].type;
        return { id, length, type, kind: 'formula', formula, operands };
      }),
    total: (operand) =>
      once(`total(${operand.id})`, (id) => ({ id, length: 1, type: operand.type, kind: 'total', operand })),
  };
}
