/**
 * Half-precision numbers as their 16 bits, because not every JavaScript engine has Float16Array: float16
 * (IEEE 754 binary16, up to 65504, 11 bits of precision) and bfloat16 (the upper half of a float32, 8 bits of
 * precision). Conversions round to nearest, ties to even; overflow becomes infinity.
 */

/** The float32 bits of each of the 65536 float16 values. */
const WORD_OF_FLOAT16 = Uint32Array.from({ length: 0x10000 }, (_, bits) => {
  const sign = (bits & 0x8000) << 16;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return sign | 0x7f800000 | (fraction << 13);
  if (exponent > 0) return sign | ((exponent + 112) << 23) | (fraction << 13);
  const [word] = new Uint32Array(Float32Array.of(fraction * 2 ** -24).buffer);
  return sign | word;
});

/** Returns the float16 nearest to the float32 with these bits. */
function float16Of(word: number): number {
  const sign = (word >>> 16) & 0x8000;
  const size = word & 0x7fffffff;
  if (size >= 0x38800000 && size < 0x477ff000) {
    // From 2^-14 to below 65520: rebias the exponent and drop 13 bits of the fraction.
    return sign | ((size - 0x38000000 + 0xfff + ((size >>> 13) & 1)) >>> 13);
  }
  if (size > 0x7f800000) return sign | 0x7c00 | ((size >>> 13) & 0x3ff || 0x200);
  if (size >= 0x477ff000) return sign | 0x7c00;
  // Below 2^-14, float16 is subnormal with steps of 2^-24; up to half a step rounds to zero.
  if (size <= 0x33000000) return sign;
  const shift = 126 - (size >>> 23);
  const fraction = (size & 0x7fffff) | 0x800000;
  const steps = fraction >>> shift;
  const rest = fraction & ((1 << shift) - 1);
  const middle = 1 << (shift - 1);
  return sign | (steps + Number(rest > middle || (rest === middle && (steps & 1) === 1)));
}

/** Returns the bfloat16 nearest to the float32 with these bits. */
function bfloat16Of(word: number): number {
  const isNaN = (word & 0x7fffffff) > 0x7f800000;
  return isNaN
    ? (word >>> 16) | Number((word & 0x7f0000) === 0)
    : (word + 0x7fff + ((word >>> 16) & 1)) >>> 16;
}

function wordsOf({ buffer, byteOffset, length }: Float32Array): Uint32Array {
  return new Uint32Array(buffer, byteOffset, length);
}

/** Rounds each number to the nearest float16. */
export function toFloat16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const words = wordsOf(values);
  const bits = new Uint16Array(words.length);
  for (let i = 0; i < bits.length; i++) bits[i] = float16Of(words[i]);
  return bits;
}

/** Converts each float16 to the number it encodes, exactly. */
export function fromFloat16(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const words = new Uint32Array(bits.length);
  for (let i = 0; i < words.length; i++) words[i] = WORD_OF_FLOAT16[bits[i]];
  return new Float32Array(words.buffer);
}

/** Rounds each number to the nearest bfloat16. */
export function toBFloat16(values: Float32Array): Uint16Array<ArrayBuffer> {
  const words = wordsOf(values);
  const bits = new Uint16Array(words.length);
  for (let i = 0; i < bits.length; i++) bits[i] = bfloat16Of(words[i]);
  return bits;
}

/** Converts each bfloat16 to the number it encodes, exactly. */
export function fromBFloat16(bits: Uint16Array): Float32Array<ArrayBuffer> {
  const words = new Uint32Array(bits.length);
  for (let i = 0; i < words.length; i++) words[i] = bits[i] << 16;
  return new Float32Array(words.buffer);
}
