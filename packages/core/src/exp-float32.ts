const { fround } = Math;

// ln 2 as the sum of two float32 numbers, the first with few enough bits that small multiples of it are exact.
const LN2_HIGH = fround(0.693145751953125);
const LN2_LOW = fround(1.428606765330187e-6);
const INVERSE_LN2 = fround(Math.LOG2E);

/** Coefficients of s^6 down to s^2 of a polynomial for exp(s), |s| up to ln(2) / 2: those of SLEEF's `expf`. */
const COEFFICIENTS = [0.00019852762, 0.00139304355, 0.00833336077, 0.0416664854, 0.166666672, 0.5].map(
  fround,
);

/** x y + z, rounded once to float32, as a processor's fused multiply-add does it. */
const multiplyAdd = (x: number, y: number, z: number) => fround(x * y + z);

/**
 * exp in float32, with the same last bit as PyTorch's on CPUs with fused multiply-add (which is SLEEF's `expf`, correct
 * to one unit in the last place). For |x| up to 87, where nothing over- or underflows.
 */
export function expFloat32(x: number): number {
  const power = Math.round(fround(x * INVERSE_LN2));
  const rest = multiplyAdd(power, -LN2_LOW, multiplyAdd(power, -LN2_HIGH, x));
  const polynomial = COEFFICIENTS.reduce((sum, coefficient) => multiplyAdd(sum, rest, coefficient));
  return fround(1 + multiplyAdd(fround(rest * rest), polynomial, rest)) * 2 ** power;
}
