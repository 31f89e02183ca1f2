import type { ComputeType, FusedValue } from './expressions.ts';
import type { FormulaName } from './formulas.ts';

/**
 * An operand of a step: an element of an array, a number passed to each call, a literal, or the result of an
 * earlier step.
 */
export type Operand =
  | { readonly array: number }
  | { readonly scalar: number }
  | { readonly number: number; readonly type: ComputeType }
  | { readonly step: number };

/**
 * A computation that is the same for every element. Arrays and numbers are referred to by position, not by
 * name, so tensors with the same computation share one kernel, compiled once.
 */
export interface Kernel {
  readonly arrays: number;
  readonly scalars: number;
  readonly steps: readonly { readonly formula: FormulaName; readonly operands: readonly Operand[] }[];
  readonly results: readonly Operand[];
}

/** A kernel and its arguments. */
export interface KernelCall<Source> {
  readonly kernel: Kernel;
  readonly length: number;
  readonly arrays: readonly Source[];
  /** The numbers passed to it, by the ids of their values. */
  readonly scalars: readonly number[];
}

function isSingle({ length, kind }: FusedValue<unknown>): boolean {
  return length === 1 || kind === 'total';
}

/**
 * Returns the call that computes some values, each of `length` elements.
 *
 * @param given whether a value is passed as a single number; by default, every value of length 1 is.
 */
export function kernelCall<Source>(
  values: readonly FusedValue<Source>[],
  length: number,
  given: (value: FusedValue<Source>) => boolean = isSingle,
): KernelCall<Source> {
  const arrays: Source[] = [];
  const scalars: number[] = [];
  const steps: { formula: FormulaName; operands: Operand[] }[] = [];
  const known = new Map<FusedValue<Source>, Operand>();

  function operandOf(value: FusedValue<Source>): Operand {
    const earlier = known.get(value);
    if (earlier) return earlier;
    const made = make(value);
    known.set(value, made);
    return made;
  }

  function make(value: FusedValue<Source>): Operand {
    if (value.kind === 'number') return { number: value.value, type: value.type };
    if (value.kind === 'total' || given(value)) return { scalar: scalars.push(value.id) - 1 };
    if (value.kind === 'read') return { array: arrays.push(value.source) - 1 };
    const operands = value.operands.map(operandOf);
    return { step: steps.push({ formula: value.formula, operands }) - 1 };
  }

  const results = values.map(operandOf);
  return {
    kernel: { arrays: arrays.length, scalars: scalars.length, steps, results },
    length,
    arrays,
    scalars,
  };
}
