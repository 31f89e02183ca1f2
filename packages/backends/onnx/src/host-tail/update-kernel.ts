import type { Kernel, Operand } from '@rewardedit/graph';
import { formula, splat, type Code } from './formulas.ts';

/**
 * Computes a kernel's results for all elements and stores them in the targets, which may be among the arrays
 * read. The float32 arithmetic is compiled to WebAssembly, four elements at a time: about twice as fast as
 * JavaScript, and then bound by the memory.
 */
export type UpdateKernel = (
  length: number,
  arrays: readonly ArrayLike<number>[],
  scalars: readonly number[],
  targets: readonly Float32Array[],
) => void;

/** Elements that are copied in, computed and copied out at a time; few enough to stay in a core's cache. */
const BLOCK = 8192;
const PAGE = 65536;

/** As much of WebAssembly's interface as is needed; TypeScript counts it to the browser's. */
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

function leb128(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  return [...bytes, rest];
}

function section(id: number, ...content: readonly number[]): number[] {
  return [id, ...leb128(content.length), ...content];
}

const getLocal = (index: number): Code => [0x20, ...leb128(index)];
const setLocal = (index: number): Code => [0x21, ...leb128(index)];

/**
 * The module of a kernel (https://webassembly.github.io/spec/core/binary/): it imports a memory in which the
 * arrays and after them the results lie, BLOCK elements each, and exports `compute(bytes, ...scalars)`.
 */
function moduleOf(kernel: Kernel): Uint8Array<ArrayBuffer> {
  const position = 1 + kernel.scalars;
  const firstArray = position + 1 + kernel.scalars;
  const firstStep = firstArray + kernel.arrays;
  const indices = (count: number) => Array.from({ length: count }, (_, i) => i);

  const operand = (from: Operand): Code => {
    if ('number' in from) return splat(from.number);
    if ('scalar' in from) return getLocal(position + 1 + from.scalar);
    return getLocal('array' in from ? firstArray + from.array : firstStep + from.step);
  };
  const place = (region: number) => [4, ...leb128(region * BLOCK * 4)];
  const body = [
    // Single numbers are repeated once, before the loop.
    ...indices(kernel.scalars).flatMap((i) => [
      ...getLocal(1 + i),
      0xfd,
      0x13,
      ...setLocal(position + 1 + i),
    ]),
    ...[0x03, 0x40],
    ...indices(kernel.arrays).flatMap((i) => [
      ...getLocal(position),
      ...[0xfd, 0x00, ...place(i)],
      ...setLocal(firstArray + i),
    ]),
    ...kernel.steps.flatMap((step, i) => [
      ...formula(step.formula).vector!(...step.operands.map(operand)),
      ...setLocal(firstStep + i),
    ]),
    ...kernel.results.flatMap((result, i) => [
      ...getLocal(position),
      ...operand(result),
      ...[0xfd, 0x0b, ...place(kernel.arrays + i)],
    ]),
    // position += 16; again while it is below the number of bytes.
    ...[...getLocal(position), 0x41, 16, 0x6a, 0x22, ...leb128(position)],
    ...[...getLocal(0), 0x49, 0x0d, 0],
    ...[0x0b, 0x0b],
  ];
  const vectors = kernel.scalars + kernel.arrays + kernel.steps.length;
  const code = [2, 1, I32, ...leb128(vectors), V128, ...body];
  const name = (text: string) => [text.length, ...new TextEncoder().encode(text)];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, 1, 0x60, ...leb128(1 + kernel.scalars), I32, ...indices(kernel.scalars).map(() => F32), 0),
    ...section(2, 1, ...name('host'), ...name('memory'), 2, 0, 1),
    ...section(3, 1, 0),
    ...section(7, 1, ...name('compute'), 0, 0),
    ...section(10, 1, ...leb128(code.length), ...code),
  ]);
}

export function compileUpdate(kernel: Kernel): UpdateKernel {
  const regions = kernel.arrays + kernel.results.length;
  const memory = new WebAssembly.Memory({ initial: Math.ceil((regions * BLOCK * 4) / PAGE) });
  const instance = new WebAssembly.Instance(new WebAssembly.Module(moduleOf(kernel)), { host: { memory } });
  const compute = instance.exports['compute'] as (bytes: number, ...scalars: number[]) => void;
  const blocks = Array.from(
    { length: regions },
    (_, region) => new Float32Array(memory.buffer, region * BLOCK * 4, BLOCK),
  );

  return (length, arrays, scalars, targets) => {
    const floats = arrays as readonly Float32Array[];
    for (let start = 0; start < length; start += BLOCK) {
      const end = Math.min(start + BLOCK, length);
      floats.forEach((array, i) => blocks[i].set(array.subarray(start, end)));
      compute((end - start) * 4, ...scalars);
      targets.forEach((target, i) => target.set(blocks[kernel.arrays + i].subarray(0, end - start), start));
    }
  };
}
