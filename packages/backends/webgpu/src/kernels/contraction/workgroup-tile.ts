import { sizeOf } from '@rewardedit/graph';
import { indexOf, variable } from '../../codegen/index-expression.ts';
import { buildKernel, indented, type DeviceTraits, type KernelStep } from '../../codegen/shader.ts';
import type { Target } from '../target.ts';
import type { Contraction } from './contraction.ts';
import { isStageable, PART, stageOperands, type Staged } from './stage.ts';
import { declareIndex, groupAxes, inGroup, lanes, range, storeSum } from './tile-index.ts';

/** The tile of a workgroup, and that of each of its invocations. Columns of both are in groups of four. */
export interface WorkgroupTile {
  readonly rows: number;
  readonly columns: number;
  /** Steps of the sum in workgroup memory at a time. */
  readonly depth: number;
  readonly invocationRows: number;
  readonly invocationColumns: number;
}

/** Whether this algorithm supports a contraction. */
export function takesWorkgroupTiles({ columns, rows, inner }: Contraction): boolean {
  return columns.at(-1)! % 4 === 0 && [rows, columns].every((outer) => isStageable({ outer, inner }));
}

/**
 * A contraction whose operands are loaded once per workgroup, into shared memory. While one part is
 * multiplied, the next is loaded into registers.
 */
export function workgroupTileKernel(
  traits: DeviceTraits,
  contraction: Contraction,
  target: Target,
  tile: WorkgroupTile,
): KernelStep {
  const { batch, rows, columns, inner } = contraction;
  const [batchCount, rowCount, columnCount] = [batch, rows, columns].map(sizeOf);
  const across = tile.columns / tile.invocationColumns;
  const invocations = across * (tile.rows / tile.invocationRows);
  const groups = tile.invocationColumns / 4;
  const parts = Math.ceil(sizeOf(inner) / tile.depth);

  return buildKernel(traits, (shader) => {
    const batchIndex = indexOf(variable('b', batchCount), batch);
    const { left, right } = stageOperands(shader, contraction, batchIndex, { ...tile, invocations });
    const body = [
      `let row0 = i32(group.y) * ${tile.rows};`,
      `let column0 = i32(group.x) * ${tile.columns};`,
      `let x = i32(local) % ${across};`,
      `let y = i32(local) / ${across};`,
      ...(batchCount > 1 ? ['let b = i32(group.z);'] : []),
      ...left.before,
      ...right.before,
      ...range(tile.invocationRows).flatMap((r) =>
        range(groups).map((q) => `var sum${r}_${q} = vec4<f32>(0);`),
      ),
      `{ let ${PART} = 0;`,
      ...[...left.fetch, ...right.fetch].map(indented),
      '}',
      `for (var ${PART} = 1; ${PART} <= ${parts}; ${PART}++) {`,
      ...left.vectors.map(
        ({ name, outer, inner: k }) => `  left[${leftPlace(left, tile, outer, k)}] = ${name};`,
      ),
      ...right.vectors.map(
        ({ name, outer, inner: k }) => `  right[${rightPlace(right, tile, outer, k)}] = ${name};`,
      ),
      '  workgroupBarrier();',
      // Past the last part this loads zeros, or values that are never used.
      `  if (${PART} < ${parts}) {`,
      ...[...left.fetch, ...right.fetch].map((line) => `    ${line}`),
      '  }',
      `  for (var s = 0; s < ${tile.depth / 4}; s++) {`,
      ...multiply(left, right, tile, across).map((line) => `    ${line}`),
      '  }',
      '  workgroupBarrier();',
      '}',
    ];
    const groupIndices = range(groups).map((q) => {
      const { lines, index } = declareIndex(
        `n${q}`,
        `column0 / 4 + x + ${q * across}`,
        groupAxes(columns, 4),
      );
      body.push(...lines);
      return index;
    });
    for (const r of range(tile.invocationRows)) {
      const row = declareIndex(`m${r}`, `row0 + y * ${tile.invocationRows} + ${r}`, rows);
      body.push(...row.lines);
      for (const q of range(groups)) {
        const index = contraction.resultIndex(batchIndex, row.index, inGroup(groupIndices[q], 4, lanes(4)));
        const guards = [
          ...(rowCount % tile.rows === 0 ? [] : [`row0 + y * ${tile.invocationRows} + ${r} < ${rowCount}`]),
          ...(columnCount % tile.columns === 0
            ? []
            : [`column0 / 4 + x + ${q * across} < ${columnCount / 4}`]),
        ];
        const options = { sum: `sum${r}_${q}`, prefix: `o${r}_${q}_`, width: 4, guards } as const;
        body.push(...storeSum(shader, target, index, options));
      }
    }
    return shader.step({
      label: contraction.label,
      workgroup: [invocations, 1, 1],
      workgroups: [Math.ceil(columnCount / tile.columns), Math.ceil(rowCount / tile.rows), batchCount],
      declarations: [
        `var<workgroup> left: array<vec4<f32>, ${(tile.rows * tile.depth) / 4}>;`,
        `var<workgroup> right: array<vec4<f32>, ${(tile.columns * tile.depth) / 4}>;`,
      ],
      body,
    });
  });
}

function leftPlace({ along }: Staged, tile: WorkgroupTile, row: string, k: string): string {
  return along === 'inner'
    ? `(${row}) * ${tile.depth / 4} + (${k}) / 4`
    : `(${k}) * ${tile.rows / 4} + (${row}) / 4`;
}

/**
 * Vectors along the sum are stored grouped by column modulo 4, so that neighbouring invocations read
 * neighbouring vectors.
 */
function rightPlace({ along }: Staged, tile: WorkgroupTile, column: string, k: string): string {
  return along === 'inner'
    ? `(${k}) / 4 * ${tile.columns} + (${column}) % 4 * ${tile.columns / 4} + (${column}) / 4`
    : `(${k}) * ${tile.columns / 4} + (${column}) / 4`;
}

/** Multiplies four steps of the sum, number `s` of the part. */
function multiply(left: Staged, right: Staged, tile: WorkgroupTile, across: number): string[] {
  const lines: string[] = [];
  const groups = tile.invocationColumns / 4;
  const rowParts = range(tile.invocationRows);
  const component = (k: number) => 'xyzw'[k];
  if (left.along === 'inner') {
    for (const r of rowParts)
      lines.push(`let a${r} = left[(y * ${tile.invocationRows} + ${r}) * ${tile.depth / 4} + s];`);
  } else {
    for (const k of range(4)) {
      for (const i of range(tile.invocationRows / 4)) {
        const place = `(s * 4 + ${k}) * ${tile.rows / 4} + y * ${tile.invocationRows / 4} + ${i}`;
        lines.push(`let a${k}_${i} = left[${place}];`);
      }
    }
  }
  const element = (r: number, k: number) =>
    left.along === 'inner' ? `a${r}.${component(k)}` : `a${k}_${Math.floor(r / 4)}.${component(r % 4)}`;
  for (const q of range(groups)) {
    const group = `x + ${q * across}`;
    if (right.along === 'inner') {
      for (const lane of range(4))
        lines.push(
          `let c${q}_${lane} = right[s * ${tile.columns} + ${(lane * tile.columns) / 4} + ${group}];`,
        );
    }
    for (const k of range(4)) {
      const columns =
        right.along === 'inner'
          ? `vec4<f32>(${range(4)
              .map((lane) => `c${q}_${lane}.${component(k)}`)
              .join(', ')})`
          : `right[(s * 4 + ${k}) * ${tile.columns / 4} + ${group}]`;
      lines.push(`let b${q}_${k} = ${columns};`);
      for (const r of rowParts)
        lines.push(`sum${r}_${q} = fma(vec4<f32>(${element(r, k)}), b${q}_${k}, sum${r}_${q});`);
    }
  }
  return lines;
}
