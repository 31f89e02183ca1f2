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
} from '../../codegen/shader.ts';

/** Where the operands of an attention lie; each part of an index as the kernels have it. */
export interface AttentionOperands {
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

/** A vector along the width of a query or a value, in variables of its own: arrays would not stay in registers. */
export interface Vector {
  readonly groups: number;
  readonly width: Width;
  readonly type: string;
}

export function vectorOf(size: number): Vector {
  const width = size % 4 === 0 ? 4 : 1;
  return { groups: size / width, width, type: width === 4 ? 'vec4<f32>' : 'f32' };
}

/** The index along the width of one of its groups. */
export function groupAt({ width }: Vector, group: number): Index {
  return plus(group * width, variable(LANE, width));
}

/** Something for each group of a vector. */
export function eachGroup({ groups }: Vector, line: (group: number) => string): string[] {
  return Array.from({ length: groups }, (_, group) => line(group));
}

/** Reads a vector into variables of that name. */
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

/** Adds the product of two vectors to a variable. */
export function addProduct(sum: string, vector: Vector, a: string, b: string): string[] {
  return eachGroup(vector, (group) => {
    const product = vector.width === 4 ? `dot(${a}${group}, ${b}${group})` : `${a}${group} * ${b}${group}`;
    return `${sum} += ${product};`;
  });
}

/**
 * Lines that go through the keys of a query with a running maximum `most` of the scores and the
 * sum `total` of the weights (Milakov and Gimelshein, arXiv 1805.02867). Where the maximum grows, what was summed so far is worth
 * less: `take` has `weight` for the key `key`, and `shrunk` for what it has summed.
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

export function indented(line: string): string {
  return `  ${line}`;
}

const WORKGROUP = 64;

/** A kernel with an invocation for each query, or each key, of every front index. */
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
