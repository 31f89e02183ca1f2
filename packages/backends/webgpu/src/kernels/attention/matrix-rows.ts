import { plus, times, variable, type Index } from '../../codegen/index-expression.ts';
import type { Load } from '../../codegen/element.ts';
import type { Shader } from '../../codegen/shader.ts';
import { MATRIX, storeMatrix, type MatrixUnits } from '../../codegen/subgroup-matrix.ts';
import { declareIndex, lanes, range, storeSum } from '../contraction/tile-index.ts';
import type { Target } from '../target.ts';

/** Rows of the other side per tile. */
export const OTHERS = 32;
/** Padding that puts consecutive rows of workgroup memory into different banks. */
export const PADDING = { halves: 8, words: 4 };
export const SCORES_STRIDE = OTHERS + PADDING.words;
export const WEIGHTS_STRIDE = OTHERS + PADDING.halves;
/** Each subgroup owns the rows of one matrix. More subgroups read the other side less often. */
export const SUBGROUPS = [4, 2, 1] as const;

/** Rows of an operand that are staged in workgroup memory. */
export interface StagedOperand {
  readonly width: number;
  /**
   * The total number of rows, and the first one to stage, in WGSL. Past the end, the last row is read and
   * ignored.
   */
  readonly count: number;
  readonly first: string;
  load(number: Index, at: Index): Load;
}

/** Lines that stage rows in workgroup memory, zero-padded to whole matrices. */
export function stageRows(
  shader: Shader,
  {
    memory,
    offset = 0,
    stride,
    rows,
    columns,
    invocations,
  }: {
    memory: string;
    offset?: number;
    stride: number;
    rows: number;
    columns: number;
    invocations: number;
  },
  { width, count, first, load }: StagedOperand,
): string[] {
  const groups = columns / 4;
  const at = plus(times(variable('column', width / 4), 4), lanes(4));
  const value = shader.load(load(variable('number', count), at), 4);
  return [
    `for (var i = i32(local); i < ${rows * groups}; i += ${invocations}) {`,
    `  let row = i / ${groups};`,
    `  let number = min(${first} + row, ${count - 1});`,
    ...(columns === width
      ? [`  let column = i % ${groups};`, `  let value = ${value};`]
      : [
          `  let inside = i % ${groups} < ${width / 4};`,
          `  let column = min(i % ${groups}, ${width / 4 - 1});`,
          `  let value = select(vec4<f32>(0), ${value}, inside);`,
        ]),
    ...range(4).map(
      (lane) =>
        `  ${memory}[${offset} + row * ${stride} + i % ${groups} * 4 + ${lane}] = f16(value.${'xyzw'[lane]});`,
    ),
    '}',
  ];
}

/** Rows of a result; `first` is the first row of the workgroup, in WGSL. */
export interface MatrixRows {
  readonly first: string;
  readonly count: number;
  readonly width: number;
}

/**
 * Stores matrix `e` along the width of the result, through the subgroup's own memory.
 *
 * @param divisor the divisor of a row, from its number in the workgroup.
 */
export function storeRows(
  shader: Shader,
  units: MatrixUnits,
  { first, count, width }: MatrixRows,
  target: Target,
  batch: readonly Index[],
  e: number,
  divisor?: (line: string) => string,
): string[] {
  const vectors = (MATRIX * MATRIX) / 4 / units.subgroup;
  const stores = range(vectors).flatMap((v) => {
    const name = `${e}_${v}`;
    const place = `(member + ${v * units.subgroup})`;
    const line = `subgroup * ${MATRIX} + ${place} / ${MATRIX / 4}`;
    const row = declareIndex(`m${name}`, `${first} + ${line}`, [count]);
    const group = declareIndex(`n${name}`, `${(e * MATRIX) / 4} + ${place} % ${MATRIX / 4}`, [width / 4]);
    const at = `(${line}) * ${SCORES_STRIDE} + ${place} % ${MATRIX / 4} * 4`;
    const sum = `vec4<f32>(${range(4)
      .map((lane) => `patches[${at} + ${lane}]`)
      .join(', ')})`;
    const index = [...batch, row.index[0], plus(times(group.index[0], 4), lanes(4))];
    const guards = [
      `${first} + ${line} < ${count}`,
      ...((e + 1) * MATRIX <= width ? [] : [`${(e * MATRIX) / 4} + ${place} % ${MATRIX / 4} < ${width / 4}`]),
    ];
    return [
      ...row.lines,
      ...group.lines,
      `let sum${name} = ${sum}${divisor ? ` / ${divisor(line)}` : ''};`,
      ...storeSum(shader, target, index, { sum: `sum${name}`, prefix: `r${name}_`, width: 4, guards }),
    ];
  });
  return [
    storeMatrix(units, 'patches', `subgroup * ${MATRIX * SCORES_STRIDE}`, `o${e}`, SCORES_STRIDE),
    'workgroupBarrier();',
    ...stores,
    'workgroupBarrier();',
  ];
}
