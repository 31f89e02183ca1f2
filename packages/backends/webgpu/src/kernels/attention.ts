import { sizeOf } from '@rewardedit/graph';
import { createElements, type Load } from '../codegen/element.ts';
import { addressOf, indexOf, plus, times, variable, type Index } from '../codegen/index-expression.ts';
import {
  buildKernel,
  LANE,
  workgroupGrid,
  WORKGROUP_NUMBER,
  type DeviceTraits,
  type KernelStep,
  type Width,
} from '../codegen/shader.ts';
import type { Target } from './target.ts';

/** Attention of `queries` to `keys`, once for each of the axes in front. */
export interface Attention {
  readonly front: readonly number[];
  readonly queries: number;
  readonly keys: number;
  /** Of a query and a key, and of a value. */
  readonly width: number;
  readonly valueWidth: number;
  readonly scale: number;
  query(front: readonly Index[], query: Index, at: Index): Load;
  key(front: readonly Index[], key: Index, at: Index): Load;
  value(front: readonly Index[], key: Index, at: Index): Load;
  /** What is added to a score. */
  mask?: ((front: readonly Index[], query: Index, key: Index) => Load) | undefined;
}

const WORKGROUP = 64;

/**
 * Attention whose weights are never stored: an invocation for each query goes through the keys with a running maximum,
 * and rescales what it has summed where that grows (Milakov and Gimelshein, arXiv 1805.02867; Dao et al., arXiv
 * 2205.14135).
 */
export function attentionKernel(traits: DeviceTraits, attention: Attention, target: Target): KernelStep {
  const { front, queries, keys, width, valueWidth, scale } = attention;
  const count = sizeOf(front) * queries;
  const workgroups = Math.ceil(count / WORKGROUP);
  return buildKernel(traits, (shader) => {
    const row = indexOf(variable('row', count), [...front, queries]);
    const [batch, query] = [row.slice(0, -1), row.at(-1)!];
    const key = variable('key', keys);
    const step = widthOf(width);
    const valueStep = widthOf(valueWidth);
    /** An index in steps of vectors, along a loop's variable. */
    const along = (name: string, size: number, by: Width) =>
      plus(times(variable(name, size / by), by), variable(LANE, by));
    const at = along('d', width, step);
    const valueAt = along('e', valueWidth, valueStep);
    const vector = (by: Width) => (by === 4 ? 'vec4<f32>' : 'f32');
    const product = step === 4 ? 'dot' : '';
    const index = target.indexOf([...row.slice(0, -1), query, valueAt]);
    const make = createElements();
    const given = make.read({ kind: 'given', name: 'result' }, 2);
    const { lines, results } = shader.render([target.value(make, index, given)], {
      prefix: 'o',
      width: valueStep,
    });
    const score = `${product ? 'dot(' : ''}q[d]${product ? ',' : ' *'} ${shader.load(attention.key(batch, key, at), step)}${product ? ')' : ''}`;
    const masked = attention.mask ? ` + ${shader.load(attention.mask(batch, query, key), 1)}` : '';
    return shader.step({
      label: `attention ${sizeOf(front)}x${queries}x${keys}x${width}`,
      workgroup: [WORKGROUP, 1, 1],
      workgroups: workgroupGrid(workgroups),
      body: [
        `let row = ${WORKGROUP_NUMBER} * ${WORKGROUP} + i32(local);`,
        `if (row >= ${count}) { return; }`,
        `var q: array<${vector(step)}, ${width / step}>;`,
        `for (var d = 0; d < ${width / step}; d++) {`,
        `  q[d] = ${shader.load(attention.query(batch, query, at), step)} * ${scale};`,
        '}',
        `var sums: array<${vector(valueStep)}, ${valueWidth / valueStep}>;`,
        'var most = f32(-3.4e38);',
        'var total = f32(0);',
        `for (var key = 0; key < ${keys}; key++) {`,
        '  var score = f32(0);',
        `  for (var d = 0; d < ${width / step}; d++) { score += ${score}; }`,
        `  score = max(score${masked}, -3.4e38);`,
        '  let larger = max(most, score);',
        '  let shrunk = exp(most - larger);',
        '  let weight = exp(score - larger);',
        '  total = total * shrunk + weight;',
        '  most = larger;',
        `  for (var e = 0; e < ${valueWidth / valueStep}; e++) {`,
        `    sums[e] = sums[e] * shrunk + weight * ${shader.load(attention.value(batch, key, valueAt), valueStep)};`,
        '  }',
        '}',
        `for (var e = 0; e < ${valueWidth / valueStep}; e++) {`,
        '  let result = sums[e] / total;',
        ...lines.map((line) => `  ${line}`),
        ...shader
          .store(target.tensor, addressOf(index, target.tensor.strides), results[0], valueStep)
          .map((line) => `  ${line}`),
        '}',
      ],
    });
  });
}

function widthOf(size: number): Width {
  return size % 4 === 0 ? 4 : 1;
}
