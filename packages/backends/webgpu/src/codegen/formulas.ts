import type { FormulaName } from '@rewardedit/graph';

/** Renders a formula to WGSL, for a scalar or vector type. */
type Rendering = (operands: readonly string[], type: string) => string;

const call =
  (name: string): Rendering =>
  (operands) =>
    `${name}(${operands.join(', ')})`;

const infix =
  (operator: string): Rendering =>
  ([a, b]) =>
    `(${a} ${operator} ${b})`;

const comparison =
  (operator: string): Rendering =>
  ([a, b], type) =>
    `select(${type}(0), ${type}(1), ${a} ${operator} ${b})`;

/** Every formula of the graph's fused kernels in WGSL. `type` is the type of the first operand. */
export const WGSL_FORMULAS: Readonly<Record<FormulaName, Rendering>> = {
  neg: ([x]) => `(-${x})`,
  abs: call('abs'),
  sqrt: call('sqrt'),
  exp: call('exp'),
  log: call('log'),
  sin: ([x], type) => helper('sine', x, `${type}(0)`, type),
  cos: ([x], type) => helper('sine', x, `${type}(1)`, type),
  // Beyond these bounds the result rounds to 1, and the exponential inside might overflow.
  tanh: ([x], type) => `tanh(clamp(${x}, ${type}(-10), ${type}(10)))`,
  sigmoid: ([x], type) => `(${type}(1) / (${type}(1) + exp(min(-${x}, ${type}(80)))))`,
  erf: ([x], type) => helper('erf', x, type),
  gelu: ([x], type) =>
    `(${x} * ${type}(0.5) * (${type}(1) + ${helper('erf', `(${x} * ${Math.SQRT1_2})`, type)}))`,
  add: infix('+'),
  sub: infix('-'),
  mul: infix('*'),
  div: infix('/'),
  minimum: call('min'),
  maximum: call('max'),
  greater: comparison('>'),
  equal: comparison('=='),
  select: ([mask, a, b], type) => `select(${b}, ${a}, ${mask} != ${type}(0))`,
  truncate: ([x], type) => `${type.replace('f32', 'i32')}(${x})`,
  float: ([x], type) => `${type.replace('i32', 'f32')}(${x})`,
};

/** Calls a helper below, in its scalar or vector version. */
function helper(name: string, ...given: string[]): string {
  const type = given.at(-1);
  return `${name}_${suffix(type!)}(${given.slice(0, -1).join(', ')})`;
}

const suffix = (type: string) => (type === 'f32' ? 'f32' : 'vec4f');

/** Rounds a scalar or vector to the nearest f16. */
export function roundedToHalf(value: string, type: string): string {
  return helper('half', value, type);
}

/**
 * Functions that WGSL lacks, or that it does not guarantee to float32's precision, for scalars and vectors
 * (T).
 *
 * erf: accurate to 1.5e-7 (Abramowitz and Stegun 7.1.26). sine: sin(x + quarters pi / 2), by a Taylor series
 * within an eighth of a turn after a three-step range reduction (Cody and Waite); WGSL's built-in may be
 * wrong in the fourth digit. half: rounds to the nearest f16, ties to even, which WGSL leaves open and some
 * drivers truncate. Below 2^-14, f16 values are multiples of 2^-24; above, the last 13 bits are dropped and a
 * carry may reach the exponent.
 */
const HELPERS: Readonly<Record<string, string>> = {
  erf: `fn erf_T(x: T) -> T {
  let t = 1.0 / (1.0 + 0.3275911 * abs(x));
  let p = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  return sign(x) * (1.0 - p * exp(-x * x));
}`,
  half: `fn half_T(x: T) -> T {
  let bits = bitcast<U>(x);
  let even = bitcast<T>((bits + U(0xfffu) + ((bits >> U(13u)) & U(1u))) & U(0xffffe000u));
  let small = round(x * 16777216.0) * 5.9604644775390625e-8;
  let infinite = bitcast<T>((bits & U(0x80000000u)) | U(0x7f800000u));
  let finite = select(even, small, abs(x) < T(6.103515625e-5));
  return select(finite, infinite, abs(x) >= T(65520.0));
}`,
  sine: `fn sine_T(x: T, quarters: T) -> T {
  let turns = round(x * 0.6366197723675814);
  let r = ((x - turns * 1.5703125) - turns * 4.837512969970703e-4) - turns * 7.549789954891882e-8;
  let square = r * r;
  let odd = r * (1.0 + square * (-1.6666667e-1 + square * (8.333331e-3 + square * (-1.98409e-4 + square * 2.7526e-6))));
  let even = 1.0 + square * (-0.5 + square * (4.1666667e-2 + square * (-1.388889e-3 + square * 2.47609e-5)));
  let place = turns + quarters;
  let quadrant = place - 4.0 * floor(place * 0.25);
  let value = select(odd, even, abs(quadrant - 2.0) == T(1));
  return select(value, -value, quadrant > T(1.5));
}`,
};

/** Returns the helpers that some code calls. */
export function helpersFor(code: string): string[] {
  return Object.entries(HELPERS).flatMap(([name, text]) =>
    ['f32', 'vec4f']
      .filter((type) => code.includes(`${name}_${type}(`))
      .map((type) =>
        text
          .replaceAll(/\bT\b/g, type)
          .replaceAll(/\bU\b/g, type === 'f32' ? 'u32' : 'vec4u')
          .replace(`${name}_T`, `${name}_${type}`),
      ),
  );
}
