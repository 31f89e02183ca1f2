import { sizeOf } from '@rewardedit/graph';
import { indexOf, variable } from '../../codegen/index-expression.ts';
import { buildKernel, indented, type DeviceTraits, type KernelStep } from '../../codegen/shader.ts';
import {
  loadMatrix,
  MATRIX,
  matrixEnables,
  storeMatrix,
  zeroMatrix,
  type MatrixUnits,
} from '../../codegen/subgroup-matrix.ts';
import type { Target } from '../target.ts';
import type { Contraction } from './contraction.ts';
import { PART, stageOperands, type Staged } from './stage.ts';
import { declareIndex, groupAxes, inGroup, lanes, range, storeSum } from './tile-index.ts';

/** The tile of a workgroup, and the number of subgroups that share it. */
export interface MatrixTile {
  readonly rows: number;
  readonly columns: number;
  readonly depth: number;
  readonly subgroups: readonly [rows: number, columns: number];
}

/** Upper bound of the workgroup memory of a tile, in bytes. */
export function matrixMemory({ rows, columns, depth, subgroups: [down, across] }: MatrixTile): number {
  const staged = (outer: number) => 2 * Math.max(outer * (depth + PADDING), depth * (outer + PADDING));
  return staged(rows) + staged(columns) + 4 * MATRIX * MATRIX * down * across;
}

/** Padding that puts consecutive rows of workgroup memory into different banks. */
const PADDING = 8;

/**
 * A contraction of f16 operands on subgroup matrices with f32 accumulators. Operands are staged in workgroup
 * memory, and the next part is loaded while the current one is multiplied. Results are stored one matrix at a
 * time through a patch of memory per subgroup, so that the epilogue sees single elements.
 */
export function matrixTileKernel(
  traits: DeviceTraits,
  units: MatrixUnits,
  contraction: Contraction,
  target: Target,
  tile: MatrixTile,
): KernelStep {
  const { batch, rows, columns, inner } = contraction;
  const [batchCount, rowCount, columnCount] = [batch, rows, columns].map(sizeOf);
  const [subgroupRows, subgroupColumns] = tile.subgroups;
  const subgroups = subgroupRows * subgroupColumns;
  const invocations = subgroups * units.subgroup;
  const down = range(tile.rows / subgroupRows / MATRIX);
  const along = range(tile.columns / subgroupColumns / MATRIX);
  const parts = Math.ceil(sizeOf(inner) / tile.depth);

  return buildKernel(traits, (shader) => {
    const batchIndex = indexOf(variable('b', batchCount), batch);
    const { left, right } = stageOperands(shader, contraction, batchIndex, { ...tile, invocations });
    const [leftStride, rightStride] = [
      strideOf(left, tile.rows, tile.depth),
      strideOf(right, tile.columns, tile.depth),
    ];
    const rowOf = (i: number) => `subgroup_row * ${tile.rows / subgroupRows} + ${i * MATRIX}`;
    const columnOf = (j: number) => `subgroup_column * ${tile.columns / subgroupColumns} + ${j * MATRIX}`;
    const body = [
      `let row0 = i32(group.y) * ${tile.rows};`,
      `let column0 = i32(group.x) * ${tile.columns};`,
      `let subgroup = i32(local) / ${units.subgroup};`,
      `let member = i32(local) % ${units.subgroup};`,
      `let subgroup_row = subgroup / ${subgroupColumns};`,
      `let subgroup_column = subgroup % ${subgroupColumns};`,
      ...(batchCount > 1 ? ['let b = i32(group.z);'] : []),
      ...left.before,
      ...right.before,
      ...down.flatMap((i) => along.map((j) => `var c${i}_${j} = ${zeroMatrix};`)),
      `{ let ${PART} = 0;`,
      ...[...left.fetch, ...right.fetch].map(indented),
      '}',
      `for (var ${PART} = 1; ${PART} <= ${parts}; ${PART}++) {`,
      ...[...keep('left', left, leftStride), ...keep('right', right, rightStride)].map(indented),
      '  workgroupBarrier();',
      `  if (${PART} < ${parts}) {`,
      ...[...left.fetch, ...right.fetch].map((line) => `    ${line}`),
      '  }',
      ...range(tile.depth / MATRIX).flatMap((step) => {
        const k = step * MATRIX;
        const a = down.map((i) => {
          const place = placeOf(left, rowOf(i), k, leftStride);
          const code = loadMatrix(units, 'left', place, leftStride, left.along === 'outer');
          return `  let a${step}_${i} = ${code};`;
        });
        const b = along.map((j) => {
          const place = placeOf(right, columnOf(j), k, rightStride);
          const code = loadMatrix(units, 'right', place, rightStride, right.along === 'inner');
          return `  let b${step}_${j} = ${code};`;
        });
        const products = down.flatMap((i) =>
          along.map(
            (j) =>
              `  c${i}_${j} = subgroupMatrixMultiplyAccumulate(a${step}_${i}, b${step}_${j}, c${i}_${j});`,
          ),
        );
        return [...a, ...b, ...products];
      }),
      '  workgroupBarrier();',
      '}',
    ];

    const patch = MATRIX * MATRIX;
    const vectors = patch / 4 / units.subgroup;
    for (const i of down) {
      for (const j of along) {
        body.push(
          storeMatrix(units, 'patches', `subgroup * ${patch}`, `c${i}_${j}`, MATRIX),
          'workgroupBarrier();',
        );
        for (const v of range(vectors)) {
          const name = `${i}_${j}_${v}`;
          const place = `(member + ${v * units.subgroup})`;
          const [row, group] = [
            `row0 + ${rowOf(i)} + ${place} / ${MATRIX / 4}`,
            `(column0 + ${columnOf(j)}) / 4 + ${place} % ${MATRIX / 4}`,
          ];
          const rowIndex = declareIndex(`m${name}`, row, rows);
          const columnIndex = declareIndex(`n${name}`, group, groupAxes(columns, 4));
          const at = `subgroup * ${patch} + ${place} * 4`;
          const sum = `vec4<f32>(${range(4)
            .map((lane) => `patches[${at} + ${lane}]`)
            .join(', ')})`;
          const guards = [
            ...(rowCount % tile.rows === 0 ? [] : [`${row} < ${rowCount}`]),
            ...(columnCount % tile.columns === 0 ? [] : [`${group} < ${columnCount / 4}`]),
          ];
          const index = contraction.resultIndex(
            batchIndex,
            rowIndex.index,
            inGroup(columnIndex.index, 4, lanes(4)),
          );
          body.push(
            ...rowIndex.lines,
            ...columnIndex.lines,
            `let sum${name} = ${sum};`,
            ...storeSum(shader, target, index, { sum: `sum${name}`, prefix: `o${name}_`, width: 4, guards }),
          );
        }
        body.push('workgroupBarrier();');
      }
    }
    const size = ({ along: way }: Staged, outer: number, stride: number) =>
      stride * (way === 'inner' ? outer : tile.depth);
    return shader.step({
      label: contraction.label,
      workgroup: [invocations, 1, 1],
      workgroups: [Math.ceil(columnCount / tile.columns), Math.ceil(rowCount / tile.rows), batchCount],
      enables: matrixEnables,
      declarations: [
        `var<workgroup> left: array<f16, ${size(left, tile.rows, leftStride)}>;`,
        `var<workgroup> right: array<f16, ${size(right, tile.columns, rightStride)}>;`,
        `var<workgroup> patches: array<f32, ${subgroups * patch}>;`,
      ],
      body,
    });
  });
}

/**
 * The stride between rows of a staged operand: rows or columns if its vectors run along the sum, else steps
 * of the sum.
 */
function strideOf({ along }: Staged, outer: number, depth: number): number {
  return (along === 'inner' ? depth : outer) + PADDING;
}

function placeOf({ along }: Staged, outer: string, k: number, stride: number): string {
  return along === 'inner' ? `(${outer}) * ${stride} + ${k}` : `${k * stride} + ${outer}`;
}

/** Writes loaded vectors to workgroup memory. */
function keep(memory: string, { along, vectors }: Staged, stride: number): string[] {
  return vectors.flatMap(({ name, outer, inner }) => {
    const start =
      along === 'inner' ? `(${outer}) * ${stride} + ${inner}` : `(${inner}) * ${stride} + ${outer}`;
    return range(4).map((lane) => `${memory}[${start} + ${lane}] = f16(${name}.${'xyzw'[lane]});`);
  });
}
