import { isElementwise, type FormulaName } from '@rewardedit/graph';
import { simd, splat, type Code, type Lanes } from './wasm.ts';

/** How the host computes a formula. */
interface Rendering {
  /** The formula in JavaScript, for single numbers. */
  readonly scalar: (...operands: string[]) => string;
  /** The formula in WebAssembly, for vectors. Without it, the formula is only for single numbers. */
  readonly vector?: VectorCode;
}

type VectorCode = (lanes: Lanes, ...operands: Code[]) => Code;

/** A vector instruction: its opcode for float32, and the distance to that for float64. */
function instruction(number: number, distance: number): VectorCode {
  return (lanes, ...operands) => [...operands.flat(), ...simd(lanes === 4 ? number : number + distance)];
}

const arithmetic = (number: number) => instruction(number, 12);
const comparison = (number: number) => instruction(number, 6);
const and = instruction(0x4e, 0);
const choose = instruction(0x52, 0);
const notEqual = comparison(0x42);

/** 1 where a comparison holds (all bits set), 0 elsewhere. */
function truth(compare: VectorCode): VectorCode {
  return (lanes, ...operands) => and(lanes, compare(lanes, ...operands), splat(1, lanes));
}

/** The formulas that the host supports. */
const RENDERINGS: { readonly [Name in FormulaName]?: Rendering } = {
  neg: { scalar: (x) => `-${x}`, vector: arithmetic(0xe1) },
  abs: { scalar: (x) => `Math.abs(${x})`, vector: arithmetic(0xe0) },
  sqrt: { scalar: (x) => `Math.sqrt(${x})`, vector: arithmetic(0xe3) },
  exp: { scalar: (x) => `Math.exp(${x})` },
  log: { scalar: (x) => `Math.log(${x})` },
  add: { scalar: (a, b) => `${a} + ${b}`, vector: arithmetic(0xe4) },
  sub: { scalar: (a, b) => `${a} - ${b}`, vector: arithmetic(0xe5) },
  mul: { scalar: (a, b) => `${a} * ${b}`, vector: arithmetic(0xe6) },
  div: { scalar: (a, b) => `${a} / ${b}`, vector: arithmetic(0xe7) },
  minimum: { scalar: (a, b) => `Math.min(${a}, ${b})`, vector: arithmetic(0xe8) },
  maximum: { scalar: (a, b) => `Math.max(${a}, ${b})`, vector: arithmetic(0xe9) },
  greater: { scalar: (a, b) => `${a} > ${b} ? 1 : 0`, vector: truth(comparison(0x44)) },
  equal: { scalar: (a, b) => `${a} === ${b} ? 1 : 0`, vector: truth(comparison(0x41)) },
  select: {
    scalar: (mask, a, b) => `${mask} !== 0 ? ${a} : ${b}`,
    vector: (lanes, mask, a, b) => choose(lanes, a, b, notEqual(lanes, mask, splat(0, lanes))),
  },
};

export function formula(name: FormulaName): Rendering {
  return RENDERINGS[name]!;
}

/** Ops that the host builds from other formulas. */
const OTHER_OPS = new Set(['adamw', 'broadcastTo', 'reshape', 'sum']);

/** Whether the host supports an op on values of this length. */
export function isHostOp(name: string, length: number): boolean {
  if (OTHER_OPS.has(name)) return true;
  const rendering = isElementwise(name) ? RENDERINGS[name as FormulaName] : undefined;
  return rendering !== undefined && (length === 1 || rendering.vector !== undefined);
}
