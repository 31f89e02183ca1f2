import { sizeOf } from '@rewardedit/graph';
import { createElements, type Element } from '../../codegen/element.ts';
import { indexOf, variable, whole } from '../../codegen/index-expression.ts';
import {
  indented,
  buildKernel,
  LANE,
  liesAlong,
  type DeviceTraits,
  type KernelStep,
} from '../../codegen/shader.ts';
import type { Target } from '../target.ts';
import type { Contraction } from './contraction.ts';
import { mainLoad, operandCode } from './operand.ts';
import { declareIndex, groupAxes, inGroup, lanes, range, storeSum } from './tile-index.ts';

/** With more rows, tiles reuse the columns better. */
const MOST_ROWS = 8;
const COLUMNS = 4;
const LANES = 64;
/** Padding that puts the lanes' parts of neighbouring results into different banks of workgroup memory. */
const PARTS_STRIDE = LANES + 1;

/**
 * Whether a contraction has few rows, and columns contiguous along the sum, like a linear layer of the time
 * embedding.
 */
export function isSkinny({ batch, rows, columns, inner, right }: Contraction): boolean {
  if (sizeOf(rows) > MOST_ROWS || inner.at(-1)! % 4 !== 0) return false;
  const index = (name: string, axes: readonly number[]) => indexOf(variable(name, sizeOf(axes)), axes);
  const steps = inGroup(indexOf(variable('k', sizeOf(inner) / 4), groupAxes(inner, 4)), 4, lanes(4));
  const load = mainLoad((make) => right.element(make, index('b', batch), index('column', columns), steps));
  return liesAlong(load, LANE);
}

/**
 * A contraction with few rows, where little is reused: the invocations of a workgroup share the sums of a few
 * columns, so that many loads are in flight.
 */
export function skinnyKernel(traits: DeviceTraits, contraction: Contraction, target: Target): KernelStep {
  const { batch, rows, columns, inner } = contraction;
  const [batchCount, rowCount, columnCount] = [batch, rows, columns].map(sizeOf);
  const steps = sizeOf(inner) / 4;
  const [rowNumbers, columnNumbers] = [range(rowCount), range(COLUMNS)];
  return buildKernel(traits, (shader) => {
    const batchIndex = indexOf(variable('b', batchCount), batch);
    const k = inGroup(indexOf(variable('k', steps), groupAxes(inner, 4)), 4, lanes(4));
    const own = columnNumbers.map((j) => declareIndex(`c${j}`, `column0 + ${j}`, columns));
    const row = declareIndex('m', `i32(local) / ${COLUMNS}`, rows);
    const column = declareIndex('n', `column0 + i32(local) % ${COLUMNS}`, columns);
    const index = contraction.resultIndex(batchIndex, row.index, column.index);
    /** Lines that load a vector along the sum into a variable. */
    const read = (name: string, element: Element) => {
      const { lines, code } = operandCode(shader, element, { prefix: `${name}_`, width: 4 });
      return [...lines, `let ${name} = ${code};`].map(indented);
    };
    const guards = [
      `local < ${rowCount * COLUMNS}u`,
      ...(columnCount % COLUMNS === 0 ? [] : [`column0 + i32(local) % ${COLUMNS} < ${columnCount}`]),
    ];
    return shader.step({
      label: contraction.label,
      workgroup: [LANES, 1, 1],
      workgroups: [Math.ceil(columnCount / COLUMNS), 1, batchCount],
      declarations: [`var<workgroup> parts: array<f32, ${rowCount * COLUMNS * PARTS_STRIDE}>;`],
      body: [
        `let column0 = i32(group.x) * ${COLUMNS};`,
        ...(batchCount > 1 ? ['let b = i32(group.z);'] : []),
        ...own.flatMap(({ lines }) => lines),
        ...rowNumbers.flatMap((r) => columnNumbers.map((j) => `var sum${r}_${j} = vec4<f32>(0);`)),
        `for (var k = i32(local); k < ${steps}; k += ${LANES}) {`,
        ...columnNumbers.flatMap((j) =>
          read(`r${j}`, contraction.right.element(createElements(), batchIndex, own[j].index, k)),
        ),
        ...rowNumbers.flatMap((r) => {
          const place = indexOf(whole(r), rows);
          return [
            ...read(`l${r}`, contraction.left.element(createElements(), batchIndex, place, k)),
            ...columnNumbers.map((j) => `  sum${r}_${j} = fma(l${r}, r${j}, sum${r}_${j});`),
          ];
        }),
        '}',
        ...rowNumbers.flatMap((r) =>
          columnNumbers.map(
            (j) =>
              `parts[${(r * COLUMNS + j) * PARTS_STRIDE} + i32(local)] = dot(sum${r}_${j}, vec4<f32>(1));`,
          ),
        ),
        'workgroupBarrier();',
        'var total = f32(0);',
        `let first = min(i32(local), ${rowCount * COLUMNS - 1}) * ${PARTS_STRIDE};`,
        `for (var i = 0; i < ${LANES}; i++) { total += parts[first + i]; }`,
        ...row.lines,
        ...column.lines,
        ...storeSum(shader, target, index, { sum: 'total', prefix: 'o_', width: 1, guards }),
      ],
    });
  });
}
