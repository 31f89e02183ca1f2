import { fromBFloat16, fromFloat16 } from '@rewardedit/graph';
import type { SafetensorsDType } from './safetensors-header.ts';

/** Returns the values of all 256 8-bit floats: a sign, exponent bits and mantissa bits (Micikevicius et al., arXiv 2209.05433). */
function float8Table(mantissaBits: number, bias: number, special: (bits: number) => number | undefined) {
  return Float32Array.from({ length: 256 }, (_, byte) => {
    const bits = byte & 0x7f;
    const mantissa = (bits & (2 ** mantissaBits - 1)) / 2 ** mantissaBits;
    const exponent = bits >> mantissaBits;
    const size = exponent === 0 ? mantissa * 2 ** (1 - bias) : (1 + mantissa) * 2 ** (exponent - bias);
    return (byte & 0x80 ? -1 : 1) * (special(bits) ?? size);
  });
}

// E4M3 has no infinity; E5M2 is a truncated float16.
const E4M3 = float8Table(3, 7, (bits) => (bits === 0x7f ? NaN : undefined));
const E5M2 = float8Table(2, 15, (bits) => (bits > 0x7c ? NaN : bits === 0x7c ? Infinity : undefined));

type Numbers = Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array;

/** Converts stored bytes to float32: types whose every value is exact in float32, and F64, which is rounded. */
export const AS_FLOAT32: Partial<Record<SafetensorsDType, (bytes: ArrayBuffer) => Float32Array>> = {
  F32: (bytes) => new Float32Array(bytes),
  F64: (bytes) => Float32Array.from(new Float64Array(bytes)),
  F16: (bytes) => fromFloat16(new Uint16Array(bytes)),
  BF16: (bytes) => fromBFloat16(new Uint16Array(bytes)),
  F8_E4M3: (bytes) => Float32Array.from(new Uint8Array(bytes), (byte) => E4M3[byte]),
  F8_E5M2: (bytes) => Float32Array.from(new Uint8Array(bytes), (byte) => E5M2[byte]),
  BOOL: (bytes) => Float32Array.from(new Uint8Array(bytes)),
  U8: (bytes) => Float32Array.from(new Uint8Array(bytes)),
  I8: (bytes) => Float32Array.from(new Int8Array(bytes)),
  U16: (bytes) => Float32Array.from(new Uint16Array(bytes)),
  I16: (bytes) => Float32Array.from(new Int16Array(bytes)),
};

/** Returns the integers as int32, or undefined if one does not fit. */
function narrow(values: Numbers | BigInt64Array | BigUint64Array): Int32Array | undefined {
  const result = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    result[i] = Number(values[i]);
    if (result[i] !== Number(values[i])) return undefined;
  }
  return result;
}

/** Converts stored bytes of integer types to int32; undefined if a value does not fit. */
export const AS_INT32: Partial<Record<SafetensorsDType, (bytes: ArrayBuffer) => Int32Array | undefined>> = {
  I32: (bytes) => new Int32Array(bytes),
  BOOL: (bytes) => narrow(new Uint8Array(bytes)),
  U8: (bytes) => narrow(new Uint8Array(bytes)),
  I8: (bytes) => narrow(new Int8Array(bytes)),
  U16: (bytes) => narrow(new Uint16Array(bytes)),
  I16: (bytes) => narrow(new Int16Array(bytes)),
  U32: (bytes) => narrow(new Uint32Array(bytes)),
  I64: (bytes) => narrow(new BigInt64Array(bytes)),
  U64: (bytes) => narrow(new BigUint64Array(bytes)),
};
