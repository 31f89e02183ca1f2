import { sizeOf, stridesOf, type AttentionGradientAttributes } from '@rewardedit/graph';
import type { Load } from '../../codegen/element.ts';
import { addressOf, variable, whole, type Index } from '../../codegen/index-expression.ts';
import { indented, type DeviceTraits, type KernelStep } from '../../codegen/shader.ts';
import { stored, type Stored } from '../../codegen/stored.ts';
import {
  addProduct,
  eachGroup,
  readVector,
  rowKernel,
  throughKeys,
  vectorOf,
  type AttentionOperands,
} from './rows.ts';
import { storeVector } from './forward.ts';
import type { Target } from '../target.ts';

/** The operands of an attention, with its result and the gradient of the result. */
export interface AttendedOperands extends AttentionOperands {
  result(front: readonly Index[], query: Index, at: Index): Load;
  resultGradient(front: readonly Index[], query: Index, at: Index): Load;
}

/** Memory for the three numbers per query that the gradients need. */
export function attentionRows({ front, queries }: AttentionOperands): Stored {
  return stored([sizeOf(front) * queries, 3], 'f32', { kind: 'arena' });
}

/**
 * Computes for each query its maximum score, the sum that normalizes its weights, and the dot product of
 * result and gradient, which is a term of every score's gradient. With these, weights are recomputed one at a
 * time wherever they are needed. Maximum and sum are stored separately: next to the score of a hidden key,
 * the logarithm of the sum would be rounded away.
 */
export function attentionRowsKernel(
  traits: DeviceTraits,
  attention: AttendedOperands,
  rows: Stored,
): KernelStep {
  const { front, queries, keys, width, valueWidth } = attention;
  const values = vectorOf(valueWidth);
  const label = `attention rows ${sizeOf(front)}x${queries}x${keys}x${width}`;
  const operations = 2 * sizeOf(front) * queries * keys * width;
  return rowKernel(traits, { label, operations, front, rows: queries }, (shader, row) => {
    const [batch, query] = [row.slice(0, -1), row.at(-1)!];
    const number = variable('row', sizeOf(front) * queries);
    const place = (which: number) => addressOf([number, whole(which)], rows.strides);
    return [
      ...throughKeys(shader, attention, [batch, query], () => []),
      'var along = f32(0);',
      ...readVector(shader, 'y', values, (at) => attention.result(batch, query, at)),
      ...readVector(shader, 'dy', values, (at) => attention.resultGradient(batch, query, at)),
      ...addProduct('along', values, 'y', 'dy'),
      ...shader.store(rows, place(0), 'most', 1),
      ...shader.store(rows, place(1), 'total', 1),
      ...shader.store(rows, place(2), 'along', 1),
    ];
  });
}

/**
 * The gradient with respect to queries, keys or values without stored weights (Dao et al., arXiv 2205.14135,
 * appendix B.4): each invocation runs over the keys of one query, or over the queries of one key.
 *
 * @param rows the result of `attentionRowsKernel`.
 */
export function attentionGradientKernel(
  traits: DeviceTraits,
  attention: AttendedOperands,
  of: AttentionGradientAttributes['of'],
  rows: Stored,
  target: Target,
): KernelStep {
  const { front, queries, keys, width, valueWidth, scale } = attention;
  const [vector, values] = [vectorOf(width), vectorOf(valueWidth)];
  const overKeys = of === 'query';
  const summed = of === 'value' ? values : vector;
  const label = `attention gradient of ${of} ${sizeOf(front)}x${queries}x${keys}x${width}`;
  const products = of === 'value' ? width + valueWidth : 2 * width + valueWidth;
  const operations = 2 * sizeOf(front) * queries * keys * products;
  return rowKernel(traits, { label, operations, front, rows: overKeys ? queries : keys }, (shader, row) => {
    const [batch, own] = [row.slice(0, -1), row.at(-1)!];
    const other = variable('other', overKeys ? keys : queries);
    const [query, key] = overKeys ? [own, other] : [other, own];
    const mask = attention.mask && shader.load(attention.mask(batch, query, key), 1);
    const number = addressOf([...batch, query], stridesOf([...front, queries]));
    const kept = (which: number) =>
      shader.load(
        { kind: 'load', tensor: rows, address: addressOf([number, whole(which)], rows.strides), inside: [] },
        1,
      );
    const reads = {
      q: readVector(shader, 'q', vector, (at) => attention.query(batch, query, at)),
      k: readVector(shader, 'k', vector, (at) => attention.key(batch, key, at)),
      v: of === 'value' ? [] : readVector(shader, 'v', values, (at) => attention.value(batch, key, at)),
      dy: readVector(shader, 'dy', values, (at) => attention.resultGradient(batch, query, at)),
    };
    const [once, again] = overKeys
      ? [
          [...reads.q, ...reads.dy],
          [...reads.k, ...reads.v],
        ]
      : [
          [...reads.k, ...reads.v],
          [...reads.q, ...reads.dy],
        ];
    const terms = {
      query: eachGroup(summed, (d) => `sum${d} += slope * k${d};`),
      key: eachGroup(summed, (d) => `sum${d} += slope * q${d};`),
      value: eachGroup(summed, (d) => `sum${d} += weight * dy${d};`),
    };
    return [
      ...once,
      ...eachGroup(summed, (d) => `var sum${d} = ${summed.type}(0);`),
      `for (var other = 0; other < ${overKeys ? keys : queries}; other++) {`,
      ...again.map(indented),
      '  var product = f32(0);',
      ...addProduct('product', vector, 'q', 'k').map(indented),
      `  let score = max(product * ${scale} + f32(${mask ?? 0}), -3.4e38);`,
      `  let weight = exp(score - ${kept(0)}) / ${kept(1)};`,
      ...(of === 'value'
        ? []
        : [
            '  var slope = f32(0);',
            ...addProduct('slope', values, 'dy', 'v').map(indented),
            `  slope = (slope - ${kept(2)}) * weight * ${scale};`,
          ]),
      ...terms[of].map(indented),
      '}',
      ...storeVector(shader, target, row, summed, (d) => `sum${d}`),
    ];
  });
}
