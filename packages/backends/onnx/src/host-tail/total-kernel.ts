import type { Kernel } from '@rewardedit/graph';
import { BLOCK, blockAt, blocksOf, compileLoop, elementwise, indices, localsOf } from './kernel-module.ts';
import { getLocal, setLocal, simd, type Code } from './wasm.ts';

/** Sums a kernel's only result over all elements, in float64 and in a fixed order. */
export type TotalKernel = (
  length: number,
  arrays: readonly ArrayLike<number>[],
  scalars: readonly number[],
) => number;

const LANES = 2;
/** Independent accumulators. */
const CHAINS = 4;
const SUMS = LANES * CHAINS;
/** A power of two, the alignment of everything in the memory. */
const ALIGNMENT = 3;

/** float64 arithmetic on vectors of two; the accumulators are stored after the arrays' blocks. */
export function compileTotal(kernel: Kernel): TotalKernel {
  const locals = localsOf(kernel);
  const { code, results } = elementwise(kernel, locals, LANES);
  const chain = (index: number): Code => [
    ...indices(kernel.arrays).flatMap((i) => [
      ...getLocal(locals.position),
      // Load two float32 and convert them to float64.
      ...[...simd(0x5d), ALIGNMENT, ...blockAt(i, index * LANES * 4), ...simd(0x5f)],
      ...setLocal(locals.array(i)),
    ]),
    ...code,
    ...[...getLocal(locals.extra(index)), ...results[0], ...simd(0xf0), ...setLocal(locals.extra(index))],
  ];
  const { buffer, compute } = compileLoop(kernel, kernel.arrays + 1, {
    lanes: LANES,
    stride: SUMS * 4,
    body: indices(CHAINS).flatMap(chain),
    after: indices(CHAINS).flatMap((i) => [
      ...[0x41, 0, ...getLocal(locals.extra(i))],
      ...[...simd(0x0b), ALIGNMENT, ...blockAt(kernel.arrays, i * LANES * 8)],
    ]),
    extras: CHAINS,
  });
  const blocks = blocksOf(buffer, kernel.arrays);
  const sums = new Float64Array(buffer, kernel.arrays * BLOCK * 4, SUMS);

  return (length, arrays, scalars) => {
    const floats = arrays as readonly Float32Array[];
    let total = 0;
    /** In a partial iteration only the first lanes count. */
    const add = (start: number, count: number) => {
      floats.forEach((array, i) => blocks[i].set(array.subarray(start, start + count)));
      compute(count * 4, scalars);
      for (const sum of sums.subarray(0, count)) total += sum;
    };
    const full = length - (length % SUMS);
    for (let start = 0; start < full; start += BLOCK) add(start, Math.min(BLOCK, full - start));
    if (full < length) add(full, length - full);
    return total;
  };
}
