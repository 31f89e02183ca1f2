import { sizeOf } from '@rewardedit/graph';
import { createElements, type Load } from '../codegen/element.ts';
import { addressOf, indexOf, plus, variable, type Index } from '../codegen/index-expression.ts';
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
    /** The index of a group of elements along the width. */
    const at = (group: number, by: Width) => plus(group * by, variable(LANE, by));
    const groups = range(width / step);
    const valueGroups = range(valueWidth / valueStep);
    const type = valueStep === 4 ? 'vec4<f32>' : 'f32';
    const product = (a: string, b: string) => (step === 4 ? `dot(${a}, ${b})` : `${a} * ${b}`);
    const mask = attention.mask && shader.load(attention.mask(batch, query, key), 1);
    return shader.step({
      label: `attention ${sizeOf(front)}x${queries}x${keys}x${width}`,
      workgroup: [WORKGROUP, 1, 1],
      workgroups: workgroupGrid(workgroups),
      body: [
        `let row = ${WORKGROUP_NUMBER} * ${WORKGROUP} + i32(local);`,
        `if (row >= ${count}) { return; }`,
        ...groups.map(
          (d) => `let q${d} = ${shader.load(attention.query(batch, query, at(d, step)), step)} * ${scale};`,
        ),
        ...valueGroups.map((e) => `var sum${e} = ${type}(0);`),
        'var most = f32(-3.4e38);',
        'var total = f32(0);',
        `for (var key = 0; key < ${keys}; key++) {`,
        `  var score = f32(${mask === undefined ? 0 : mask});`,
        ...groups.map(
          (d) => `  score += ${product(`q${d}`, shader.load(attention.key(batch, key, at(d, step)), step))};`,
        ),
        '  score = max(score, -3.4e38);',
        '  let larger = max(most, score);',
        '  let shrunk = exp(most - larger);',
        '  let weight = exp(score - larger);',
        '  total = total * shrunk + weight;',
        '  most = larger;',
        ...valueGroups.map(
          (e) =>
            `  sum${e} = sum${e} * shrunk + weight * ${shader.load(attention.value(batch, key, at(e, valueStep)), valueStep)};`,
        ),
        '}',
        ...valueGroups.flatMap((e) => {
          const index = target.indexOf([...row, at(e, valueStep)]);
          const make = createElements();
          const given = make.read({ kind: 'given', name: `(sum${e} / total)` }, 2);
          const { lines, results } = shader.render([target.value(make, index, given)], {
            prefix: `o${e}_`,
            width: valueStep,
          });
          const address = addressOf(index, target.tensor.strides);
          return [...lines, ...shader.store(target.tensor, address, results[0], valueStep)];
        }),
      ],
    });
  });
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

function widthOf(size: number): Width {
  return size % 4 === 0 ? 4 : 1;
}
