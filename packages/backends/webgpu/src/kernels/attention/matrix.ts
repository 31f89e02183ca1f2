import { sizeOf } from '@rewardedit/graph';
import { indexOf, variable } from '../../codegen/index-expression.ts';
import { buildKernel, type DeviceTraits, type KernelStep } from '../../codegen/shader.ts';
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
import { indented, type AttentionOperands } from './rows.ts';

/** What becomes of sizes in matrices, and where lines of queries, keys and values begin in the workgroup's memory. */
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
    // First the queries lie there, then the weights.
    leftSize: queries * Math.max(leftStride, WEIGHTS_STRIDE),
    rightSize: OTHERS * rightStride,
  };
}

/** The largest layout for which a workgroup has the memory. */
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
 * Attention on matrix units, of f16 operands, with scores, weights' sums and results in f32. The keys are gone through twice: for the
 * largest score of each query, and for the values. The results can then stay in the units' registers, where rows cannot be rescaled
 * one by one, as the usual single pass (Dao et al., arXiv 2205.14135) would have to.
 *
 * @returns undefined where this body cannot compute it.
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
  /** Invocations that share a query's scores. */
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

    /** Scores of the queries for `OTHERS` keys from `key0` on, for each invocation those of its query that it shares. */
    const scores = (take: readonly string[]) => [
      ...stageKeys,
      'workgroupBarrier();',
      ...range(OTHERS / MATRIX).flatMap((j) => [
        // Told to be zero: not every compiler makes a variable in a loop so.
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

/** Puts together what the invocations that share a query have, for each of them. */
function overShares(name: string, sharing: number, join: (a: string, b: string) => string): string[] {
  const parts = range(sharing).map((i) => `shares[i32(local) - share + ${i}]`);
  return [
    `shares[local] = ${name};`,
    'workgroupBarrier();',
    `${name} = ${parts.reduce(join)};`,
    'workgroupBarrier();',
  ];
}
