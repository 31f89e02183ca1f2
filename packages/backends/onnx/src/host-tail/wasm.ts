/** WebAssembly code: bytes that leave at most one value on the stack. */
export type Code = readonly number[];

/** Lanes of a vector: four float32, or two float64. */
export type Lanes = 4 | 2;

export function leb128(value: number): Code {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  return [...bytes, rest];
}

/** A vector instruction. */
export function simd(number: number): Code {
  return [0xfd, ...leb128(number)];
}

/** A vector with the same number in all lanes. */
export function splat(value: number, lanes: Lanes): Code {
  return lanes === 4
    ? [0x43, ...new Uint8Array(Float32Array.of(value).buffer), ...simd(0x13)]
    : [0x44, ...new Uint8Array(Float64Array.of(value).buffer), ...simd(0x14)];
}

export const getLocal = (index: number): Code => [0x20, ...leb128(index)];
export const setLocal = (index: number): Code => [0x21, ...leb128(index)];
