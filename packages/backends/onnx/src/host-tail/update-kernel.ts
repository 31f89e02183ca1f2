import type { Kernel } from '@rewardedit/graph';
import { BLOCK, blockAt, blocksOf, compileLoop, elementwise, indices, localsOf } from './kernel-module.ts';
import { getLocal, setLocal, simd } from './wasm.ts';

/**
 * Computes a kernel's results for all elements in float32 and stores them in the targets, which may be among
 * the arrays that it reads.
 */
export type UpdateKernel = (
  length: number,
  arrays: readonly ArrayLike<number>[],
  scalars: readonly number[],
  targets: readonly Float32Array[],
) => void;

const LANES = 4;
/** A power of two, the alignment of everything in the memory. */
const ALIGNMENT = 4;

export function compileUpdate(kernel: Kernel): UpdateKernel {
  const locals = localsOf(kernel);
  const computed = elementwise(kernel, locals, LANES);
  const body = [
    ...indices(kernel.arrays).flatMap((i) => [
      ...getLocal(locals.position),
      ...[...simd(0x00), ALIGNMENT, ...blockAt(i)],
      ...setLocal(locals.array(i)),
    ]),
    ...computed.code,
    ...computed.results.flatMap((result, i) => [
      ...[...getLocal(locals.position), ...result],
      ...[...simd(0x0b), ALIGNMENT, ...blockAt(kernel.arrays + i)],
    ]),
  ];
  const regions = kernel.arrays + kernel.results.length;
  const { buffer, compute } = compileLoop(kernel, regions, { lanes: LANES, stride: 4 * LANES, body });
  const blocks = blocksOf(buffer, regions);

  return (length, arrays, scalars, targets) => {
    const floats = arrays as readonly Float32Array[];
    for (let start = 0; start < length; start += BLOCK) {
      const end = Math.min(start + BLOCK, length);
      floats.forEach((array, i) => blocks[i].set(array.subarray(start, end)));
      compute((end - start) * 4, scalars);
      targets.forEach((target, i) => target.set(blocks[kernel.arrays + i].subarray(0, end - start), start));
    }
  };
}
