import { sizeOf } from '@rewardedit/graph';
import { whole } from '../codegen/index-expression.ts';
import { buildKernel, indented, type DeviceTraits, type KernelStep } from '../codegen/shader.ts';
import type { Stored } from '../codegen/stored.ts';
import { lanesMemory, mergeLanes, traversalOf, type Reduction } from './reduce.ts';

const LANES = 64;
/** A workgroup reduces this many elements in little more time than its launch takes. */
const MOST_ELEMENTS = 16384;

/** Whether a reduction has a single result and few enough elements to share a dispatch. */
export function canBeTogether({ rows, along, combination }: Reduction): boolean {
  return sizeOf(rows) === 1 && sizeOf(along) <= MOST_ELEMENTS && combination.results.length === 1;
}

/** The number of tensors that a reduction reads. */
export function tensorsRead(reduction: Reduction): number {
  return new Set(traversalOf(reduction).loads.map(({ tensor }) => tensor)).size;
}

/**
 * Computes several small reductions of one kind in one dispatch with one workgroup each, like the sums of
 * squares for gradient clipping.
 *
 * @param results receives one number per reduction.
 */
export function reduceTogether(
  traits: DeviceTraits,
  reductions: readonly Reduction[],
  results: Stored,
): KernelStep {
  const { label, combination } = reductions[0];
  return buildKernel(traits, (shader) => {
    const traversals = reductions.map(traversalOf);
    const branches = traversals.flatMap(({ length, accumulate }, i) => [
      `${i === 0 ? '' : '} else '}if (group.x == ${i}u) {`,
      `  for (var k = i32(local); k < ${length}; k += ${LANES}) {`,
      ...accumulate(shader).map((line) => `    ${line}`),
      '  }',
    ]);
    const stores = reductions.flatMap((_, i) => [
      `if (group.x == ${i}u) {`,
      ...shader.store(results, whole(i), combination.results[0], 1).map(indented),
      '}',
    ]);
    return shader.step({
      label: `${label} (${combination.name}), ${reductions.length} together`,
      workgroup: [LANES, 1, 1],
      workgroups: [reductions.length, 1, 1],
      declarations: lanesMemory(combination, traversals[0].type, LANES),
      body: [
        ...combination.kept.map(({ name, start }) => `var ${name} = ${start};`),
        ...branches,
        '}',
        ...mergeLanes(combination, LANES),
        'if (local == 0u) {',
        ...stores.map(indented),
        '}',
      ],
    });
  });
}
