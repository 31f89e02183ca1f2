const { fround } = Math;

// ln 2 as the sum of two float32 numbers, the first short enough that small multiples of it are exact.
const LN2_HIGH = fround(0.693145751953125);
const LN2_LOW = fround(1.428606765330187e-6);
const INVERSE_LN2 = fround(Math.LOG2E);

/** Coefficients of s^6 down to s^2 of a polynomial for exp(s), |s| <= ln(2) / 2, from SLEEF's `expf`. */
const COEFFICIENTS = [0.00019852762, 0.00139304355, 0.00833336077, 0.0416664854, 0.166666672, 0.5].map(
  fround,
);

/** x y + z rounded to float32, like a fused multiply-add. */
const multiplyAdd = (x: number, y: number, z: number) => fround(x * y + z);

/**
 * Returns exp(x) in float32, identical to PyTorch on CPUs with fused multiply-add (SLEEF's `expf`, accurate to one unit in the last place). For
 * |x| <= 87, which excludes overflow and underflow.
 */
export function expFloat32(x: number): number {
  const power = Math.round(fround(x * INVERSE_LN2));
  const rest = multiplyAdd(power, -LN2_LOW, multiplyAdd(power, -LN2_HIGH, x));
  const polynomial = COEFFICIENTS.reduce((sum, coefficient) => multiplyAdd(sum, rest, coefficient));
  return fround(1 + multiplyAdd(fround(rest * rest), polynomial, rest)) * 2 ** power;
}
