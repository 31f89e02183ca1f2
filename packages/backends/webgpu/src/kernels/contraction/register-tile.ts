import { sizeOf } from '@rewardedit/graph';
import { createElements } from '../../codegen/element.ts';
import { indexOf, plus, times, variable, whole, type Index } from '../../codegen/index-expression.ts';
import {
  buildKernel,
  LANE,
  liesAlong,
  type DeviceTraits,
  type KernelStep,
  type Width,
  indented,
} from '../../codegen/shader.ts';
import type { Target } from '../target.ts';
import type { Contraction } from './contraction.ts';
import { INNERMOST, mainLoad, readOperand, type LoopCode } from './operand.ts';
import { declareIndex, groupAxes, inGroup, lanes, range, storeSum } from './tile-index.ts';

/** Rows and columns per invocation, and the number of invocations per workgroup. */
export interface RegisterTile {
  readonly rows: number;
  readonly columns: number;
  readonly workgroup: readonly [columns: number, rows: number];
  /**
   * Steps of the sum that are unrolled, if its size allows; operands are then loaded as vectors along the
   * sum.
   */
  readonly unroll: Width;
}

/**
 * A contraction in which each invocation computes a tile in registers, straight from memory; reuse across
 * invocations is left to the caches. Operands are loaded as vectors of four, along the sum or along the
 * columns, whichever is contiguous.
 */
export function registerTileKernel(
  traits: DeviceTraits,
  contraction: Contraction,
  target: Target,
  tile: RegisterTile,
): KernelStep {
  const { batch, rows, columns, inner } = contraction;
  const [batchCount, rowCount, columnCount] = [batch, rows, columns].map(sizeOf);
  const [lanesX, lanesY] = tile.workgroup;
  /** Vectors of columns, if their number allows. */
  const width: Width = columns.at(-1)! % 4 === 0 ? 4 : 1;
  const groups = tile.columns / width;
  const last = inner.at(-1)!;
  const steps: Width = last % tile.unroll === 0 ? tile.unroll : 1;
  const type = width === 4 ? 'vec4<f32>' : 'f32';

  return buildKernel(traits, (shader) => {
    const x = `(i32(group.x) * ${lanesX} + i32(local % ${lanesX}u))`;
    const y = `(i32(group.y) * ${lanesY} + i32(local / ${lanesX}u))`;
    const body: string[] = [];
    const loop: LoopCode = { before: [], within: [] };

    function declare(name: string, place: string, axes: readonly number[]): Index[] {
      const { lines, index } = declareIndex(name, place, axes);
      body.push(...lines);
      return index;
    }
    if (batchCount > 1) body.push('let b = i32(group.z);');
    const batchIndex = indexOf(variable('b', batchCount), batch);
    const rowIndices = range(tile.rows).map((r) => declare(`m${r}`, `${y} * ${tile.rows} + ${r}`, rows));
    const groupIndices = range(groups).map((q) =>
      declare(`n${q}`, `${x} * ${groups} + ${q}`, groupAxes(columns, width)),
    );
    const columnIndex = (q: number, lane: Index): Index[] => inGroup(groupIndices[q], width, lane);
    /** The inner index of one unrolled step, or of all of them along a variable. */
    const innerIndex = (step: Index) =>
      inner.map((size, axis) =>
        axis < inner.length - 1
          ? variable(`k${axis}`, size)
          : plus(times(variable(INNERMOST, size / steps), steps), step),
      );
    const right = (q: number, lane: Index, step: Index) =>
      contraction.right.element(createElements(), batchIndex, columnIndex(q, lane), innerIndex(step));

    rowIndices.forEach((row, r) => {
      const left = contraction.left.element(createElements(), batchIndex, row, innerIndex(lanes(steps)));
      readOperand(shader, loop, `l${r}`, left, steps);
    });
    const alongColumns =
      width === 4 &&
      range(groups).every((q) =>
        liesAlong(
          mainLoad((make) =>
            contraction.right.element(make, batchIndex, columnIndex(q, lanes(4)), innerIndex(whole(0))),
          ),
          LANE,
        ),
      );
    for (const q of range(groups)) {
      if (alongColumns) {
        for (const step of range(steps))
          readOperand(shader, loop, `r${q}_${step}`, right(q, lanes(width), whole(step)), width);
      } else {
        for (const lane of range(width))
          readOperand(shader, loop, `c${q}_${lane}`, right(q, whole(lane), lanes(steps)), steps);
      }
    }
    const part = (name: string, step: number) => (steps === 4 ? `${name}.${'xyzw'[step]}` : name);
    for (const step of range(steps)) {
      for (const q of range(groups)) {
        if (!alongColumns) {
          const parts = range(width).map((lane) => part(`c${q}_${lane}`, step));
          loop.within.push(`let r${q}_${step} = ${type}(${parts.join(', ')});`);
        }
        for (const r of range(tile.rows)) {
          const sum = `sum${r}_${q}`;
          loop.within.push(`${sum} = fma(${type}(${part(`l${r}`, step)}), r${q}_${step}, ${sum});`);
        }
      }
    }

    for (const r of range(tile.rows))
      for (const q of range(groups)) body.push(`var sum${r}_${q} = ${type}(0);`);
    body.push(
      ...nested(inner.slice(0, -1), [
        ...loop.before,
        `for (var ${INNERMOST} = 0; ${INNERMOST} < ${last / steps}; ${INNERMOST}++) {`,
        ...loop.within.map(indented),
        '}',
      ]),
    );

    for (const r of range(tile.rows)) {
      for (const q of range(groups)) {
        const guards = [
          ...(rowCount % (tile.rows * lanesY) === 0 ? [] : [`${y} * ${tile.rows} + ${r} < ${rowCount}`]),
          ...(columnCount % (tile.columns * lanesX) === 0
            ? []
            : [`${x} * ${groups} + ${q} < ${columnCount / width}`]),
        ];
        const index = contraction.resultIndex(batchIndex, rowIndices[r], columnIndex(q, lanes(width)));
        const options = { sum: `sum${r}_${q}`, prefix: `o${r}_${q}_`, width, guards };
        body.push(...storeSum(shader, target, index, options));
      }
    }
    return shader.step({
      label: contraction.label,
      workgroup: [lanesX * lanesY, 1, 1],
      workgroups: [
        Math.ceil(columnCount / (tile.columns * lanesX)),
        Math.ceil(rowCount / (tile.rows * lanesY)),
        batchCount,
      ],
      body,
    });
  });
}

/** Loops over all axes of the sum except the last, around its body. */
function nested(sizes: readonly number[], body: readonly string[]): string[] {
  return sizes.reduceRight<string[]>(
    (lines, size, axis) => {
      if (size === 1) return lines;
      return [`for (var k${axis} = 0; k${axis} < ${size}; k${axis}++) {`, ...lines.map(indented), '}'];
    },
    [...body],
  );
}
