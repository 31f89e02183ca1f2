import { describe, expect, test } from 'vitest';
import { fromBFloat16, fromFloat16, toBFloat16, toFloat16 } from './float16.ts';

const all = Uint16Array.from({ length: 0x10000 }, (_, bits) => bits);

/** The number that 16 bits encode with this many exponent bits, by the definition of the format. */
function meaning(bits: number, exponentBits: number): number {
  const fractionBits = 15 - exponentBits;
  const bias = 2 ** (exponentBits - 1) - 1;
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits & 0x7fff) >> fractionBits;
  const fraction = (bits & (2 ** fractionBits - 1)) / 2 ** fractionBits;
  if (exponent === 2 ** exponentBits - 1) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * fraction * 2 ** (1 - bias);
  return sign * (1 + fraction) * 2 ** (exponent - bias);
}

describe.each([
  { name: 'float16', exponentBits: 5, to: toFloat16, from: fromFloat16 },
  { name: 'bfloat16', exponentBits: 8, to: toBFloat16, from: fromBFloat16 },
])('$name', ({ exponentBits, to, from }) => {
  const values = from(all);

  test('decodes all 65536 values as the definition says', () => {
    expect(values).toEqual(Float32Array.from(all, (bits) => meaning(bits, exponentBits)));
  });

  test('round-trips every value bit for bit, including signed zeros and NaN', () => {
    expect(to(values)).toEqual(all);
  });

  test('rounds to nearest, ties to even', () => {
    const infinity = (2 ** exponentBits - 1) << (15 - exponentBits);
    const lower = all.subarray(0, infinity);
    // Above the largest finite value, rounding proceeds as if there were one more.
    const next = (bits: number) =>
      bits + 1 < infinity ? values[bits + 1] : 2 * values[bits] - values[bits - 1];
    const middles = Float32Array.from(lower, (bits) => values[bits] / 2 + next(bits) / 2);
    const words = new Uint32Array(middles.buffer);
    const [below, above] = [-1, 1].map((step) => new Float32Array(words.map((word) => word + step).buffer));
    const upper = lower.map((bits) => bits + 1);
    const even = lower.map((bits) => bits + (bits & 1));
    expect(to(below)).toEqual(lower);
    expect(to(above)).toEqual(upper);
    expect(to(middles)).toEqual(even);
    const negative = (bits: Uint16Array) => bits.map((each) => each | 0x8000);
    expect(to(middles.map((value) => -value))).toEqual(negative(even));
    expect(to(below.map((value) => -value))).toEqual(negative(lower));
  });

  test('reads a view at its offset', () => {
    expect(from(to(Float32Array.of(9, 1, -2, 9).subarray(1, 3)))).toEqual(Float32Array.of(1, -2));
  });
});

test('overflows to infinity and underflows to zero', () => {
  expect([...toFloat16(Float32Array.of(65519, 65520, -1e30, 2 ** -25, 3e-8))]).toEqual([
    0x7bff, 0x7c00, 0xfc00, 0, 1,
  ]);
  const smallest = new Float32Array(Uint32Array.of(0x7f800001).buffer);
  expect(
    [...toFloat16(smallest), ...toBFloat16(smallest)].map((bits) => (bits & 0x7f) !== 0 || bits === 0x7e00),
  ).toEqual([true, true]);
});
