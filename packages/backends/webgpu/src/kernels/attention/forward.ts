import { sizeOf } from '@rewardedit/graph';
import { createElements } from '../../codegen/element.ts';
import { addressOf, type Index } from '../../codegen/index-expression.ts';
import type { DeviceTraits, KernelStep, Shader } from '../../codegen/shader.ts';
import {
  eachGroup,
  groupAt,
  readVector,
  rowKernel,
  throughKeys,
  vectorOf,
  type AttentionOperands,
  type Vector,
} from './rows.ts';
import type { Target } from '../target.ts';

/**
 * Attention without stored weights (Dao et al., arXiv 2205.14135): each invocation runs over the keys of one
 * query and accumulates their values.
 */
export function attentionByQuery(
  traits: DeviceTraits,
  attention: AttentionOperands,
  target: Target,
): KernelStep {
  const { front, queries, keys, width, valueWidth } = attention;
  const values = vectorOf(valueWidth);
  const label = `attention ${sizeOf(front)}x${queries}x${keys}x${width}`;
  const operations = 2 * sizeOf(front) * queries * keys * (width + valueWidth);
  return rowKernel(traits, { label, operations, front, rows: queries }, (shader, row) => {
    const [batch, query] = [row.slice(0, -1), row.at(-1)!];
    const take = (key: Index) => [
      ...readVector(shader, 'v', values, (at) => attention.value(batch, key, at)),
      ...eachGroup(values, (e) => `sum${e} = sum${e} * shrunk + weight * v${e};`),
    ];
    return [
      ...eachGroup(values, (e) => `var sum${e} = ${values.type}(0);`),
      ...throughKeys(shader, attention, [batch, query], take),
      ...storeVector(shader, target, row, values, (e) => `(sum${e} / total)`),
    ];
  });
}

/** Stores a vector as a row of the result, after the epilogue. */
export function storeVector(
  shader: Shader,
  target: Target,
  row: readonly Index[],
  vector: Vector,
  value: (group: number) => string,
): string[] {
  return eachGroup(vector, (group) => {
    const index = target.indexOf([...row, groupAt(vector, group)]);
    const make = createElements();
    const given = make.read({ kind: 'given', name: value(group) }, 2);
    const { lines, results } = shader.render([target.value(make, index, given)], {
      prefix: `o${group}_`,
      width: vector.width,
    });
    const address = addressOf(index, target.tensor.strides);
    return [...lines, ...shader.store(target.tensor, address, results[0], vector.width)].join('\n');
  });
}
