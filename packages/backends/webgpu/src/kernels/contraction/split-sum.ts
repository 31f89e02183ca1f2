import { sizeOf } from '@rewardedit/graph';
import { addressOf, plus, times, type Index } from '../../codegen/index-expression.ts';
import type { DeviceTraits, KernelStep } from '../../codegen/shader.ts';
import { stored } from '../../codegen/stored.ts';
import { sumOf } from '../combine.ts';
import { reduceKernels } from '../reduce.ts';
import type { Target } from '../target.ts';
import type { Contraction, ContractionOperand } from './contraction.ts';

/**
 * Split-K: different workgroups compute parts of the sum, which a second kernel adds up, for results too
 * small to keep a GPU busy. The order of summation is fixed, so results are deterministic.
 *
 * @param parts divides the first axis of the sum that it divides, as `divisibleAxis` finds it.
 * @param compute the kernel of a contraction that has the parts as one more batch axis.
 */
export function splitSum(
  traits: DeviceTraits,
  contraction: Contraction,
  target: Target,
  parts: number,
  compute: (contraction: Contraction, target: Target) => KernelStep,
): KernelStep[] {
  const { batch, rows, columns, inner, label } = contraction;
  const axis = divisibleAxis(inner, parts)!;
  const size = inner[axis] / parts;
  const whole = (part: Index, k: readonly Index[]) => k.with(axis, plus(times(part, size), k[axis]));
  const partOf = ({ dtype, element }: ContractionOperand): ContractionOperand => ({
    dtype,
    element: (make, [part, ...rest], outer, k, inside) => element(make, rest, outer, whole(part, k), inside),
  });
  const axes = [parts, ...batch, ...rows, ...columns];
  const partial = stored(axes, 'f32', { kind: 'arena' });
  const split: Contraction = {
    label: `${label}, in ${parts} parts`,
    batch: [parts, ...batch],
    rows,
    columns,
    inner: inner.with(axis, size),
    left: partOf(contraction.left),
    right: partOf(contraction.right),
    resultIndex: (b, row, column) => [...b, ...row, ...column],
  };
  const [rowsFrom, columnsFrom] = [batch.length, batch.length + rows.length];
  return [
    compute(split, { tensor: partial, indexOf: (index) => index, value: (_make, _index, sum) => sum }),
    ...reduceKernels(
      traits,
      {
        label: `${label}, parts together`,
        rows: axes.slice(1),
        along: [parts],
        combination: sumOf('f32'),
        element: (make, index, part) =>
          make.read(
            {
              kind: 'load',
              tensor: partial,
              address: addressOf([...part, ...index], partial.strides),
              inside: [],
            },
            2,
          ),
        resultIndex: (index) =>
          contraction.resultIndex(
            index.slice(0, rowsFrom),
            index.slice(rowsFrom, columnsFrom),
            index.slice(columnsFrom),
          ),
      },
      target,
    ),
  ];
}

/** The first axis of a sum that this many parts divide, keeping vectors of four along the last axis whole. */
function divisibleAxis(inner: readonly number[], parts: number): number | undefined {
  const found = inner.findIndex((size, axis) => size % (axis === inner.length - 1 ? 4 * parts : parts) === 0);
  return found === -1 ? undefined : found;
}

/**
 * The number of parts that brings a grid to at least this many workgroups, as long as each part has enough of
 * the sum.
 */
export function partsFor({ inner }: Contraction, workgroups: number, enough: number): number {
  const most = Math.min(32, Math.floor(sizeOf(inner) / 128));
  let parts = 1;
  while (workgroups * parts < enough && 2 * parts <= most && divisibleAxis(inner, 2 * parts) !== undefined)
    parts *= 2;
  return parts;
}
