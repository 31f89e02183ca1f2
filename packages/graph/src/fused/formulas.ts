import { erf } from '../erf.ts';

/**
 * The formulas of a fused kernel's steps. This is their meaning in JavaScript; each backend renders them to
 * its own code.
 */
export const FORMULAS = {
  neg: (x) => -x,
  abs: Math.abs,
  sqrt: Math.sqrt,
  exp: Math.exp,
  log: Math.log,
  sin: Math.sin,
  cos: Math.cos,
  tanh: Math.tanh,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
  erf,
  gelu: (x) => (x * (1 + erf(x * Math.SQRT1_2))) / 2,
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  minimum: Math.min,
  maximum: Math.max,
  greater: (a, b) => Number(a > b),
  equal: (a, b) => Number(a === b),
  select: (mask, a, b) => (mask !== 0 ? a : b),
  /** Truncates f32 to i32. */
  truncate: Math.trunc,
  /** Converts i32 to f32. */
  float: (x) => x,
} satisfies Record<string, (...operands: number[]) => number>;

export type FormulaName = keyof typeof FORMULAS;

export const FORMULA_NAMES = Object.keys(FORMULAS) as readonly FormulaName[];
