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
import { range } from '../contraction/tile-index.ts';
import type { Target } from '../target.ts';
import {
  OTHERS,
  PADDING,
  SCORES_STRIDE,
  stageRows,
  storeRows,
  SUBGROUPS,
  WEIGHTS_STRIDE,
  type StagedOperand,
} from './matrix-rows.ts';
import type { AttentionOperands } from './rows.ts';

/** Sizes in matrices, and offsets of queries, keys and values in workgroup memory. */
interface Layout {
  readonly subgroups: number;
  readonly queries: number;
  /** Matrices along the width of queries and keys, and along that of values. */
  readonly across: number;
  readonly valuesAcross: number;
  readonly leftStride: number;
  readonly rightStride: number;
  readonly leftSize: number;
  readonly rightSize: number;
}

function layoutFor({ width, valueWidth }: AttentionOperands, subgroups: number): Layout {
  const [across, valuesAcross] = [width, valueWidth].map((size) => Math.ceil(size / MATRIX));
  const queries = subgroups * MATRIX;
  const leftStride = across * MATRIX + PADDING.halves;
  const rightStride = Math.max(across, valuesAcross) * MATRIX + PADDING.halves;
  return {
    subgroups,
    queries,
    across,
    valuesAcross,
    leftStride,
    rightStride,
    // Holds the queries first, then the weights.
    leftSize: queries * Math.max(leftStride, WEIGHTS_STRIDE),
    rightSize: OTHERS * rightStride,
  };
}

/** The largest layout that fits in workgroup memory. */
function fittingLayout(
  { workgroupMemory }: DeviceTraits,
  { subgroup }: MatrixUnits,
  attention: AttentionOperands,
): Layout | undefined {
  return SUBGROUPS.map((count) => layoutFor(attention, count)).find(
    ({ leftSize, rightSize, queries, subgroups }) =>
      2 * (leftSize + rightSize) + 4 * (queries * SCORES_STRIDE + subgroups * subgroup) <= workgroupMemory,
  );
}

/**
 * Attention on subgroup matrices with f16 operands; scores, sums of weights and results are f32. It makes two
 * passes over the keys, one for the maximum score of each query and one for the values, so that accumulators
 * stay in subgroup matrices, whose rows cannot be rescaled as the usual single pass (Dao et al., arXiv
 * 2205.14135) requires.
 *
 * @returns undefined if this algorithm does not support the shapes or the device.
 */
export function attentionOnMatrices(
  traits: DeviceTraits,
  units: MatrixUnits,
  attention: AttentionOperands,
  target: Target,
): KernelStep | undefined {
  const { front, queries, keys, width, valueWidth } = attention;
  const layout = fittingLayout(traits, units, attention);
  if (!layout || width % 4 !== 0 || valueWidth % 4 !== 0 || sizeOf(front) > 65535) return undefined;
  const { subgroups, across, valuesAcross, leftStride, rightStride } = layout;
  const invocations = subgroups * units.subgroup;
  /** Invocations that share the scores of a query. */
  const sharing = units.subgroup / MATRIX;
  const each = OTHERS / sharing;

  return buildKernel(traits, (shader) => {
    const batch = indexOf(variable('b', sizeOf(front)), front);
    const stage = (memory: string, stride: number, rows: number, columns: number, operand: StagedOperand) =>
      stageRows(shader, { memory, stride, rows, columns, invocations }, operand);
    const query = variable('own_query', queries);
    const key = variable('own_key', keys);
    const mask = attention.mask && shader.load(attention.mask(batch, query, key), 1);
    const stageKeys = stage('right', rightStride, OTHERS, across * MATRIX, {
      width,
      count: keys,
      first: 'key0',
      load: (number, at) => attention.key(batch, number, at),
    });

    /**
     * Scores of the queries for the `OTHERS` keys from `key0` on; each invocation handles its share of one
     * query's scores.
     */
    const scores = (take: readonly string[]) => [
      ...stageKeys,
      'workgroupBarrier();',
      ...range(OTHERS / MATRIX).flatMap((j) => [
        // Explicitly zero: not every compiler initializes a variable declared in a loop on each iteration.
        `var s${j} = ${zeroMatrix};`,
        ...range(across).flatMap((c) => [
          `let k${j}_${c} = ${loadMatrix(units, 'right', `${j * MATRIX * rightStride + c * MATRIX}`, rightStride, true)};`,
          `s${j} = subgroupMatrixMultiplyAccumulate(q${c}, k${j}_${c}, s${j});`,
        ]),
        storeMatrix(
          units,
          'patches',
          `subgroup * ${MATRIX * SCORES_STRIDE} + ${j * MATRIX}`,
          `s${j}`,
          SCORES_STRIDE,
        ),
      ]),
      'workgroupBarrier();',
      `for (var i = 0; i < ${each}; i++) {`,
      `  let place = share * ${each} + i;`,
      `  let inside = key0 + place < ${keys};`,
      `  let own_key = min(key0 + place, ${keys - 1});`,
      `  let score = max(patches[own_row * ${SCORES_STRIDE} + place] * ${attention.scale} + f32(${mask ?? 0}), -3.4e38);`,
      ...take.map(indented),
      '}',
    ];
    const tiles = (body: readonly string[]) => [
      `for (var key0 = 0; key0 < ${keys}; key0 += ${OTHERS}) {`,
      ...body.map(indented),
      '}',
    ];

    const body = [
      'let b = i32(group.y);',
      `let query0 = i32(group.x) * ${layout.queries};`,
      `let subgroup = i32(local) / ${units.subgroup};`,
      `let member = i32(local) % ${units.subgroup};`,
      `let share = member % ${sharing};`,
      `let own_row = subgroup * ${MATRIX} + member / ${sharing};`,
      `let own_query = min(query0 + own_row, ${queries - 1});`,
      ...stage('left', leftStride, layout.queries, across * MATRIX, {
        width,
        count: queries,
        first: 'query0',
        load: (number, at) => attention.query(batch, number, at),
      }),
      'workgroupBarrier();',
      ...range(across).map(
        (c) =>
          `let q${c} = ${loadMatrix(units, 'left', `subgroup * ${MATRIX * leftStride} + ${c * MATRIX}`, leftStride, false)};`,
      ),
      'var most = f32(-3.4e38);',
      ...tiles([...scores(['most = max(most, select(most, score, inside));']), 'workgroupBarrier();']),
      ...overShares('most', sharing, (a, b) => `max(${a}, ${b})`),
      'var total = f32(0);',
      ...range(valuesAcross).map((e) => `var o${e} = ${zeroMatrix};`),
      ...tiles([
        ...scores([
          'let weight = select(0.0, exp(score - most), inside);',
          'total += weight;',
          `left[own_row * ${WEIGHTS_STRIDE} + place] = f16(weight);`,
        ]),
        ...stage('right', rightStride, OTHERS, valuesAcross * MATRIX, {
          width: valueWidth,
          count: keys,
          first: 'key0',
          load: (number, at) => attention.value(batch, number, at),
        }),
        'workgroupBarrier();',
        ...range(OTHERS / MATRIX).flatMap((j) => [
          `let p${j} = ${loadMatrix(units, 'left', `subgroup * ${MATRIX * WEIGHTS_STRIDE} + ${j * MATRIX}`, WEIGHTS_STRIDE, false)};`,
          ...range(valuesAcross).flatMap((e) => [
            `let v${j}_${e} = ${loadMatrix(units, 'right', `${j * MATRIX * rightStride + e * MATRIX}`, rightStride, false)};`,
            `o${e} = subgroupMatrixMultiplyAccumulate(p${j}, v${j}_${e}, o${e});`,
          ]),
        ]),
        'workgroupBarrier();',
      ]),
      ...overShares('total', sharing, (a, b) => `${a} + ${b}`),
      'shares[local] = total;',
      ...range(valuesAcross).flatMap((e) =>
        storeRows(
          shader,
          units,
          { first: 'query0', count: queries, width: valueWidth },
          target,
          batch,
          e,
          (line) => `shares[(${line}) * ${sharing}]`,
        ),
      ),
    ];
    return shader.step({
      label: `attention ${sizeOf(front)}x${queries}x${keys}x${width}`,
      workgroup: [invocations, 1, 1],
      workgroups: [Math.ceil(queries / layout.queries), sizeOf(front), 1],
      enables: matrixEnables,
      declarations: [
        `var<workgroup> left: array<f16, ${layout.leftSize}>;`,
        `var<workgroup> right: array<f16, ${layout.rightSize}>;`,
        `var<workgroup> patches: array<f32, ${layout.queries * SCORES_STRIDE}>;`,
        `var<workgroup> shares: array<f32, ${invocations}>;`,
      ],
      body,
    });
  });
}

/** Combines the partial results of the invocations that share a query, in each of them. */
function overShares(name: string, sharing: number, join: (a: string, b: string) => string): string[] {
  const parts = range(sharing).map((i) => `shares[i32(local) - share + ${i}]`);
  return [
    `shares[local] = ${name};`,
    'workgroupBarrier();',
    `${name} = ${parts.reduce(join)};`,
    'workgroupBarrier();',
  ];
}
