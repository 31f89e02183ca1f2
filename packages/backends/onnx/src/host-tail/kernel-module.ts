import type { Kernel, Operand } from '@rewardedit/graph';
import { formula } from './formulas.ts';
import { getLocal, leb128, setLocal, simd, splat, type Code, type Lanes } from './wasm.ts';

/**
 * Kernels as WebAssembly modules (https://webassembly.github.io/spec/core/binary/) with SIMD: about twice as
 * fast as JavaScript, and then bound by memory.
 */

/** Elements per block, few enough to stay in a core's cache. */
export const BLOCK = 8192;
const PAGE = 65536;

/** The part of WebAssembly's API that is needed; TypeScript declares it only for browsers. */
declare const WebAssembly: {
  readonly Memory: new (size: { initial: number }) => { readonly buffer: ArrayBuffer };
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (
    module: object,
    imports: Record<string, Record<string, object>>,
  ) => { readonly exports: Readonly<Record<string, unknown>> };
};

const I32 = 0x7f;
const F32 = 0x7d;
const V128 = 0x7b;

/** The block of an array or result, as the memory argument of an instruction. */
export const blockAt = (region: number, bytes = 0): Code => leb128(region * BLOCK * 4 + bytes);

/** The integers from 0 to below `count`. */
export const indices = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** The locals of a kernel's module. */
export interface Locals {
  /** Offset from the beginning of each block, in bytes. */
  readonly position: number;
  scalar(index: number): number;
  array(index: number): number;
  step(index: number): number;
  /** Additional locals, after all others. */
  extra(index: number): number;
}

export function localsOf({ arrays, scalars, steps }: Kernel): Locals {
  const position = 1 + scalars;
  const scalar = (index: number) => position + 1 + index;
  const array = (index: number) => scalar(scalars) + index;
  const step = (index: number) => array(arrays) + index;
  return { position, scalar, array, step, extra: (index) => step(steps.length) + index };
}

/** Computes a kernel's steps from its arrays' locals and returns the code of its results. */
export function elementwise(kernel: Kernel, locals: Locals, lanes: Lanes): { code: Code; results: Code[] } {
  const operand = (from: Operand): Code => {
    if ('number' in from) return splat(from.number, lanes);
    if ('scalar' in from) return getLocal(locals.scalar(from.scalar));
    return getLocal('array' in from ? locals.array(from.array) : locals.step(from.step));
  };
  const code = kernel.steps.flatMap((step, i) => [
    ...formula(step.formula).vector!(lanes, ...step.operands.map(operand)),
    ...setLocal(locals.step(i)),
  ]);
  return { code, results: kernel.results.map(operand) };
}

function section(id: number, ...content: readonly number[]): Code {
  return [id, ...leb128(content.length), ...content];
}

interface Loop {
  readonly lanes: Lanes;
  /** Bytes of each block per iteration. */
  readonly stride: number;
  /** One iteration. */
  readonly body: Code;
  /** Code after the last iteration. */
  readonly after?: Code;
  /** Number of additional locals. */
  readonly extras?: number;
}

/** A module that iterates over blocks of arrays. */
export interface BlockModule {
  /** Its memory, which begins with one block per array. */
  readonly buffer: ArrayBuffer;
  /** Processes this many bytes of each block. */
  compute(bytes: number, scalars: readonly number[]): void;
}

/** @param regions the number of blocks in its memory. */
export function compileLoop(
  kernel: Kernel,
  regions: number,
  { lanes, stride, body, after = [], extras = 0 }: Loop,
): BlockModule {
  const locals = localsOf(kernel);
  const promote = lanes === 4 ? [] : [0xbb];
  const code = [
    // Splat scalars once, before the loop.
    ...indices(kernel.scalars).flatMap((i) => [
      ...getLocal(1 + i),
      ...promote,
      ...simd(lanes === 4 ? 0x13 : 0x14),
      ...setLocal(locals.scalar(i)),
    ]),
    ...[0x03, 0x40, ...body],
    // position += stride; repeat while position is below the number of bytes.
    ...[...getLocal(locals.position), 0x41, ...leb128(stride), 0x6a, 0x22, ...leb128(locals.position)],
    ...[...getLocal(0), 0x49, 0x0d, 0, 0x0b],
    ...[...after, 0x0b],
  ];
  const vectors = kernel.scalars + kernel.arrays + kernel.steps.length + extras;
  const content = [2, 1, I32, ...leb128(vectors), V128, ...code];
  const name = (text: string) => [text.length, ...new TextEncoder().encode(text)];
  const bytes = Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, 1, 0x60, ...leb128(1 + kernel.scalars), I32, ...indices(kernel.scalars).map(() => F32), 0),
    ...section(2, 1, ...name('host'), ...name('memory'), 2, 0, 1),
    ...section(3, 1, 0),
    ...section(7, 1, ...name('compute'), 0, 0),
    ...section(10, 1, ...leb128(content.length), ...content),
  ]);
  const memory = new WebAssembly.Memory({ initial: Math.ceil((regions * BLOCK * 4) / PAGE) });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { host: { memory } });
  const compute = instance.exports['compute'] as (bytes: number, ...scalars: number[]) => void;
  return { buffer: memory.buffer, compute: (count, scalars) => compute(count, ...scalars) };
}

/** Views of the block of each array or result. */
export function blocksOf(buffer: ArrayBuffer, count: number): Float32Array[] {
  return indices(count).map((region) => new Float32Array(buffer, region * BLOCK * 4, BLOCK));
}
