import { isElementwise, type FormulaName } from '@rewardedit/graph';

/** WebAssembly code: bytes that leave one value on the stack. */
export type Code = readonly number[];

/** How the host computes a formula. */
interface Rendering {
  /** The number it gives, in JavaScript. */
  readonly scalar: (...operands: string[]) => string;
  /**
   * The four numbers it gives at once, in WebAssembly. Without it, the formula is for single numbers only.
   */
  readonly vector?: (...operands: Code[]) => Code;
}

/**
 * An instruction on vectors of four float32; the numbers are those of the WebAssembly specification, in
 * LEB128.
 */
function vector(...opcode: number[]): (...operands: Code[]) => Code {
  return (...operands) => [...operands.flat(), 0xfd, ...opcode];
}

/** Four times the same number. */
export function splat(value: number): Code {
  return [0x43, ...new Uint8Array(Float32Array.of(value).buffer), 0xfd, 0x13];
}

const and = vector(0x4e);
const notEqual = vector(0x42);
const choose = vector(0x52);

/** 1 where a comparison holds (all bits set), 0 elsewhere. */
function truth(compare: (...operands: Code[]) => Code): (...operands: Code[]) => Code {
  return (...operands) => and(compare(...operands), splat(1));
}

/** The formulas that the host can compute. */
const RENDERINGS: { readonly [Name in FormulaName]?: Rendering } = {
  neg: { scalar: (x) => `-${x}`, vector: vector(0xe1, 0x01) },
  abs: { scalar: (x) => `Math.abs(${x})`, vector: vector(0xe0, 0x01) },
  sqrt: { scalar: (x) => `Math.sqrt(${x})`, vector: vector(0xe3, 0x01) },
  exp: { scalar: (x) => `Math.exp(${x})` },
  log: { scalar: (x) => `Math.log(${x})` },
  add: { scalar: (a, b) => `${a} + ${b}`, vector: vector(0xe4, 0x01) },
  sub: { scalar: (a, b) => `${a} - ${b}`, vector: vector(0xe5, 0x01) },
  mul: { scalar: (a, b) => `${a} * ${b}`, vector: vector(0xe6, 0x01) },
  div: { scalar: (a, b) => `${a} / ${b}`, vector: vector(0xe7, 0x01) },
  minimum: { scalar: (a, b) => `Math.min(${a}, ${b})`, vector: vector(0xe8, 0x01) },
  maximum: { scalar: (a, b) => `Math.max(${a}, ${b})`, vector: vector(0xe9, 0x01) },
  greater: { scalar: (a, b) => `${a} > ${b} ? 1 : 0`, vector: truth(vector(0x44)) },
  equal: { scalar: (a, b) => `${a} === ${b} ? 1 : 0`, vector: truth(vector(0x41)) },
  select: {
    scalar: (mask, a, b) => `${mask} !== 0 ? ${a} : ${b}`,
    vector: (mask, a, b) => choose(a, b, notEqual(mask, splat(0))),
  },
};

export function formula(name: FormulaName): Rendering {
  return RENDERINGS[name]!;
}

/** Ops that the host carries out with other formulas than one of their name. */
const OTHER_OPS = new Set(['adamw', 'broadcastTo', 'reshape', 'sum']);

/** Whether the host can carry out an op on values of this length. */
export function isHostOp(name: string, length: number): boolean {
  if (OTHER_OPS.has(name)) return true;
  const rendering = isElementwise(name) ? RENDERINGS[name as FormulaName] : undefined;
  return rendering !== undefined && (length === 1 || rendering.vector !== undefined);
}
