import { sizeOf } from '@rewardedit/graph';
import type { Load } from '../codegen/element.ts';
import { indexOf, plus, variable, type Index } from '../codegen/index-expression.ts';
import {
  buildKernel,
  LANE,
  workgroupGrid,
  WORKGROUP_NUMBER,
  type DeviceTraits,
  type KernelStep,
  type Shader,
  type Width,
} from '../codegen/shader.ts';

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
