import { sizeOf } from '@rewardedit/graph';
import type { DeviceTraits, KernelStep } from '../../codegen/shader.ts';
import type { Target } from '../target.ts';
import type { Contraction } from './contraction.ts';
import { matrixMemory, matrixTileKernel, type MatrixTile } from './matrix-tile.ts';
import { registerTileFor } from './register-tile-size.ts';
import { registerTileKernel } from './register-tile.ts';
import { isSkinny, skinnyKernel } from './skinny.ts';
import { partsFor, splitSum } from './split-sum.ts';
import { takesWorkgroupTiles, workgroupTileKernel, type WorkgroupTile } from './workgroup-tile.ts';

/** From the largest, which reads least, to the smallest, which keeps more of a device busy. */
const WORKGROUP_TILES: readonly WorkgroupTile[] = [
  { rows: 128, columns: 128, depth: 8, invocationRows: 8, invocationColumns: 8 },
  { rows: 128, columns: 64, depth: 16, invocationRows: 8, invocationColumns: 4 },
  { rows: 64, columns: 64, depth: 16, invocationRows: 4, invocationColumns: 4 },
  { rows: 32, columns: 32, depth: 16, invocationRows: 4, invocationColumns: 4 },
];

const MATRIX_TILES: readonly MatrixTile[] = [
  { rows: 128, columns: 128, depth: 32, subgroups: [4, 2] },
  { rows: 128, columns: 64, depth: 32, subgroups: [4, 2] },
  { rows: 64, columns: 64, depth: 32, subgroups: [2, 2] },
];

/** Enough workgroups to keep a large GPU busy. */
const ENOUGH_WORKGROUPS = 128;

/**
 * Returns the kernels of a contraction. The first variant is the default without tuning; the last is the
 * register tile, which the others are checked against.
 */
export function contractionKernels(
  traits: DeviceTraits,
  contraction: Contraction,
  target: Target,
): readonly KernelStep[] {
  const whole = traits.software || sharesSums(traits, contraction);
  const parts = whole ? 1 : partsFor(contraction, smallestGrid(contraction), ENOUGH_WORKGROUPS);
  const compute = (whole: Contraction, to: Target) => alternatives(traits, whole, to);
  return parts === 1 ? [compute(contraction, target)] : splitSum(traits, contraction, target, parts, compute);
}

/** The size of the result. */
type Sizes = Pick<Contraction, 'batch' | 'rows' | 'columns'>;

/** One algorithm for a contraction. */
interface Body {
  readonly name: string;
  make(): KernelStep;
}

function alternatives(traits: DeviceTraits, contraction: Contraction, target: Target): KernelStep {
  const bodies = bodiesFor(traits, contraction, target);
  const { batch, rows, columns, inner } = contraction;
  const operations = 2 * sizeOf([...batch, ...rows, ...columns, ...inner]);
  const [first, ...others] = bodies.map(({ name, make }) => () => ({ ...make(), body: name, operations }));
  if (others.length === 0) return first();
  return { ...first(), alternatives: () => others.map((make) => make()) };
}

/** The algorithms for a contraction, from the probably fastest to the simplest. */
function bodiesFor(traits: DeviceTraits, contraction: Contraction, target: Target): Body[] {
  const simple: Body = {
    name: 'register tile',
    make: () => registerTileKernel(traits, contraction, target, registerTileFor(traits, contraction)),
  };
  // Workgroup memory is not faster than other memory on a processor.
  if (traits.software || traits.workgroupMemory === 0) return [simple];
  if (sharesSums(traits, contraction))
    return [{ name: 'skinny', make: () => skinnyKernel(traits, contraction, target) }, simple];
  if (isNarrow(contraction) || !takesWorkgroupTiles(contraction)) return [simple];
  const { matrices } = traits;
  const onMatrices: Body[] = !(matrices && takesMatrices(contraction))
    ? []
    : inOrder(MATRIX_TILES, contraction)
        .filter((tile) => matrixMemory(tile) <= traits.workgroupMemory)
        .map((tile) => ({
          name: `matrices ${tile.rows}x${tile.columns}`,
          make: () => matrixTileKernel(traits, matrices, contraction, target, tile),
        }));
  const shared = inOrder(WORKGROUP_TILES, contraction).map((tile) => ({
    name: `workgroup tile ${tile.rows}x${tile.columns}`,
    make: () => workgroupTileKernel(traits, contraction, target, tile),
  }));
  // With subgroup matrices, only the best of the other algorithms is worth timing.
  return [...onMatrices, ...(onMatrices.length > 0 ? shared.slice(0, 1) : shared), simple];
}

/** Whether the invocations of a workgroup share each sum. */
function sharesSums({ workgroupMemory }: DeviceTraits, contraction: Contraction): boolean {
  return workgroupMemory > 0 && isSkinny(contraction);
}

/** With few rows or columns, most of a tile would be wasted; the register tile adapts to their number. */
function isNarrow({ rows, columns }: Sizes): boolean {
  return sizeOf(rows) <= 8 || sizeOf(columns) <= 8;
}

/** Sorts tiles so that the largest one that leaves enough workgroups comes first, or else the smallest. */
function inOrder<Tile extends { readonly rows: number; readonly columns: number }>(
  tiles: readonly Tile[],
  contraction: Sizes,
): Tile[] {
  const first = tiles.find((tile) => gridOf(contraction, tile) >= ENOUGH_WORKGROUPS) ?? tiles.at(-1)!;
  return [first, ...tiles.filter((tile) => tile !== first)];
}

function gridOf(
  { batch, rows, columns }: Sizes,
  tile: { readonly rows: number; readonly columns: number },
): number {
  return sizeOf(batch) * Math.ceil(sizeOf(rows) / tile.rows) * Math.ceil(sizeOf(columns) / tile.columns);
}

/** How often each element of both operands is read, given the tile's rows and columns. */
export function readingsOf(
  traits: DeviceTraits,
  sizes: { readonly batch: number; readonly rows: number; readonly columns: number },
): { readonly left: number; readonly right: number } {
  const contraction = { batch: [sizes.batch], rows: [sizes.rows], columns: [sizes.columns] };
  const tile =
    traits.software || traits.workgroupMemory === 0 || isNarrow(contraction)
      ? registerTileFor(traits, contraction)
      : inOrder<{ rows: number; columns: number }>(
          traits.matrices ? MATRIX_TILES : WORKGROUP_TILES,
          contraction,
        )[0];
  return { left: Math.ceil(sizes.columns / tile.columns), right: Math.ceil(sizes.rows / tile.rows) };
}

function smallestGrid(contraction: Contraction): number {
  return gridOf(contraction, { rows: 64, columns: 64 });
}

/** Whether both operands are f16, as subgroup matrices require. */
function takesMatrices({ left, right }: Contraction): boolean {
  return left.dtype === 'f16' && right.dtype === 'f16';
}
