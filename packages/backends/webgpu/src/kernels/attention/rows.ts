import { sizeOf } from '@rewardedit/graph';
import type { Load } from '../../codegen/element.ts';
import { indexOf, plus, variable, type Index } from '../../codegen/index-expression.ts';
import {
  buildKernel,
  LANE,
  workgroupGrid,
  WORKGROUP_NUMBER,
  type DeviceTraits,
  type KernelStep,
  type Shader,
  type Width,
  indented,
} from '../../codegen/shader.ts';

/** The operands of an attention as loads, from an index in parts. */
export interface AttentionOperands {
  readonly front: readonly number[];
  readonly queries: number;
  readonly keys: number;
  /** The head size of queries and keys, and that of values. */
  readonly width: number;
  readonly valueWidth: number;
  readonly scale: number;
  query(front: readonly Index[], query: Index, at: Index): Load;
  key(front: readonly Index[], key: Index, at: Index): Load;
  value(front: readonly Index[], key: Index, at: Index): Load;
  /** The mask, added to a score. */
  mask?: ((front: readonly Index[], query: Index, key: Index) => Load) | undefined;
}

/** A vector along the head size, in separate variables because arrays would not stay in registers. */
export interface Vector {
  readonly groups: number;
  readonly width: Width;
  readonly type: string;
}

export function vectorOf(size: number): Vector {
  const width = size % 4 === 0 ? 4 : 1;
  return { groups: size / width, width, type: width === 4 ? 'vec4<f32>' : 'f32' };
}

/** The index of a group along the head size. */
export function groupAt({ width }: Vector, group: number): Index {
  return plus(group * width, variable(LANE, width));
}

/** Maps the groups of a vector to lines. */
export function eachGroup({ groups }: Vector, line: (group: number) => string): string[] {
  return Array.from({ length: groups }, (_, group) => line(group));
}

/** Loads a vector into variables named after it. */
export function readVector(
  shader: Shader,
  name: string,
  vector: Vector,
  load: (at: Index) => Load,
): string[] {
  return eachGroup(
    vector,
    (group) => `let ${name}${group} = ${shader.load(load(groupAt(vector, group)), vector.width)};`,
  );
}

/** Adds the dot product of two vectors to a variable. */
export function addProduct(sum: string, vector: Vector, a: string, b: string): string[] {
  return eachGroup(vector, (group) => {
    const product = vector.width === 4 ? `dot(${a}${group}, ${b}${group})` : `${a}${group} * ${b}${group}`;
    return `${sum} += ${product};`;
  });
}

/**
 * Lines that run over the keys of a query with the running maximum `most` of the scores and the running sum
 * `total` of the weights (online softmax: Milakov and Gimelshein, arXiv 1805.02867). When the maximum grows,
 * earlier sums are rescaled: `take` gets the `weight` of the key `key` and the factor `shrunk` of its
 * previous sum.
 */
export function throughKeys(
  shader: Shader,
  { keys, width, scale, ...attention }: AttentionOperands,
  [batch, query]: readonly [batch: readonly Index[], query: Index],
  take: (key: Index) => readonly string[],
): string[] {
  const vector = vectorOf(width);
  const key = variable('key', keys);
  const mask = attention.mask && shader.load(attention.mask(batch, query, key), 1);
  return [
    ...readVector(shader, 'query', vector, (at) => attention.query(batch, query, at)),
    ...eachGroup(vector, (d) => `let q${d} = query${d} * ${scale};`),
    'var most = f32(-3.4e38);',
    'var total = f32(0);',
    `for (var key = 0; key < ${keys}; key++) {`,
    ...[
      `var score = f32(${mask ?? 0});`,
      ...readVector(shader, 'k', vector, (at) => attention.key(batch, key, at)),
      ...addProduct('score', vector, 'q', 'k'),
      'score = max(score, -3.4e38);',
      'let larger = max(most, score);',
      'let shrunk = exp(most - larger);',
      'let weight = exp(score - larger);',
      'total = total * shrunk + weight;',
      'most = larger;',
      ...take(key),
    ].map(indented),
    '}',
  ];
}

const WORKGROUP = 64;

/** A kernel with one invocation per query, or per key, of every leading index. */
export function rowKernel(
  traits: DeviceTraits,
  {
    label,
    operations,
    front,
    rows,
  }: { label: string; operations: number; front: readonly number[]; rows: number },
  build: (shader: Shader, row: readonly Index[]) => string[],
): KernelStep {
  const count = sizeOf(front) * rows;
  const workgroups = Math.ceil(count / WORKGROUP);
  const step = buildKernel(traits, (shader) => {
    const row = indexOf(variable('row', count), [...front, rows]);
    return shader.step({
      label,
      workgroup: [WORKGROUP, 1, 1],
      workgroups: workgroupGrid(workgroups),
      body: [
        `let row = ${WORKGROUP_NUMBER} * ${WORKGROUP} + i32(local);`,
        `if (row >= ${count}) { return; }`,
        ...build(shader, row),
      ],
    });
  });
  return { ...step, operations };
}
