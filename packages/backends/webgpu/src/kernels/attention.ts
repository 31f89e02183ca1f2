import { sizeOf } from '@rewardedit/graph';
import { createElements } from '../codegen/element.ts';
import { addressOf, variable, type Index } from '../codegen/index-expression.ts';
import type { DeviceTraits, KernelStep, Shader } from '../codegen/shader.ts';
import {
  addProduct,
  eachGroup,
  groupAt,
  readVector,
  rowKernel,
  vectorOf,
  type AttentionOperands,
  type Vector,
} from './attention-rows.ts';
import type { Target } from './target.ts';

/**
 * Attention whose weights are never stored: an invocation for each query goes through the keys with a running maximum,
 * and rescales what it has summed where that grows (Milakov and Gimelshein, arXiv 1805.02867; Dao et al., arXiv
 * 2205.14135).
 */
export function attentionKernel(
  traits: DeviceTraits,
  attention: AttentionOperands,
  target: Target,
): KernelStep {
  const { front, queries, keys, width, valueWidth, scale } = attention;
  const [vector, values] = [vectorOf(width), vectorOf(valueWidth)];
  const label = `attention ${sizeOf(front)}x${queries}x${keys}x${width}`;
  const operations = 2 * sizeOf(front) * queries * keys * (width + valueWidth);
  return rowKernel(traits, { label, operations, front, rows: queries }, (shader, row) => {
    const [batch, query] = [row.slice(0, -1), row.at(-1)!];
    const key = variable('key', keys);
    const mask = attention.mask && shader.load(attention.mask(batch, query, key), 1);
    return [
      ...readVector(shader, 'query', vector, (at) => attention.query(batch, query, at)),
      ...eachGroup(vector, (d) => `let q${d} = query${d} * ${scale};`),
      ...eachGroup(values, (e) => `var sum${e} = ${values.type}(0);`),
      'var most = f32(-3.4e38);',
      'var total = f32(0);',
      `for (var key = 0; key < ${keys}; key++) {`,
      `  var score = f32(${mask ?? 0});`,
      ...readVector(shader, 'k', vector, (at) => attention.key(batch, key, at)).map(indented),
      ...addProduct('score', vector, 'q', 'k').map(indented),
      '  score = max(score, -3.4e38);',
      '  let larger = max(most, score);',
      '  let shrunk = exp(most - larger);',
      '  let weight = exp(score - larger);',
      '  total = total * shrunk + weight;',
      '  most = larger;',
      ...readVector(shader, 'v', values, (at) => attention.value(batch, key, at)).map(indented),
      ...eachGroup(values, (e) => `  sum${e} = sum${e} * shrunk + weight * v${e};`),
      '}',
      ...storeVector(shader, target, row, values, (e) => `(sum${e} / total)`),
    ];
  });
}

/** Stores a vector as the row of a result, after what becomes of it. */
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

export function indented(line: string): string {
  return `  ${line}`;
}
