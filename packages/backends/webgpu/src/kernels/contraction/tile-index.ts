import { sizeOf } from '@rewardedit/graph';
import { createElements } from '../../codegen/element.ts';
import { addressOf, indexOf, plus, times, variable, type Index } from '../../codegen/index-expression.ts';
import { indented, LANE, type Shader, type Width } from '../../codegen/shader.ts';
import type { Target } from '../target.ts';

/**
 * Declares the number of a row, column or group as a variable, and its index along each axis; past the end,
 * those of the last one, which is read and ignored.
 */
export function declareIndex(
  name: string,
  place: string,
  axes: readonly number[],
): { lines: string[]; index: Index[] } {
  const count = sizeOf(axes);
  const lines = [`let ${name} = min(${place}, ${count - 1});`];
  const index = indexOf(variable(name, count), axes).map((each, axis) => {
    if (each.terms.length === 0 || each.key === name) return each;
    lines.push(`let ${name}_${axis} = ${each.key};`);
    return variable(`${name}_${axis}`, axes[axis]);
  });
  return { lines, index };
}

/** The axes of groups of `width` neighbours along the last axis. */
export function groupAxes(axes: readonly number[], width: Width): number[] {
  const last = axes.length - 1;
  return axes.with(last, axes[last] / width);
}

/** The index of one element of a group, or of all of them along a variable. */
export function inGroup(group: readonly Index[], width: Width, lane: Index): Index[] {
  const last = group.length - 1;
  return group.with(last, plus(times(group[last], width), lane));
}

/** Lines that compute the epilogue of a sum and store it if the guards hold. */
export function storeSum(
  shader: Shader,
  target: Target,
  resultIndex: readonly Index[],
  { sum, prefix, width, guards }: { sum: string; prefix: string; width: Width; guards: readonly string[] },
): string[] {
  const index = target.indexOf(resultIndex);
  const make = createElements();
  const given = make.read({ kind: 'given', name: sum }, 2);
  const { lines, results } = shader.render([target.value(make, index, given)], { prefix, width });
  const address = addressOf(index, target.tensor.strides);
  return [
    guards.length > 0 ? `if (${guards.join(' && ')}) {` : '{',
    ...[...lines, ...shader.store(target.tensor, address, results[0], width)].map(indented),
    '}',
  ];
}

/** The lane variable of a stored vector, as an index. */
export function lanes(width: Width): Index {
  return variable(LANE, width);
}

export function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}
