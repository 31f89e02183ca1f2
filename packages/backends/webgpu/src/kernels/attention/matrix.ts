import { sizeOf } from '@rewardedit/graph';
import type { Load } from '../../codegen/element.ts';
import { indexOf, plus, times, variable, type Index } from '../../codegen/index-expression.ts';
import { buildKernel, type DeviceTraits, type KernelStep, type Shader } from '../../codegen/shader.ts';
import {
  loadMatrix,
  MATRIX,
  matrixEnables,
  storeMatrix,
  zeroMatrix,
  type MatrixUnits,
} from '../../codegen/subgroup-matrix.ts';
import { declareIndex, lanes, range, storeSum } from '../contraction/tile-index.ts';
import type { Target } from '../target.ts';
import { indented, type AttentionOperands } from './rows.ts';

/** Keys that are looked at together. */
const KEYS = 32;
/** Neighbouring rows in the workgroup's memory lie in different banks. */
const PADDING = { halves: 8, words: 4 };
const SCORES_STRIDE = KEYS + PADDING.words;
const WEIGHTS_STRIDE = KEYS + PADDING.halves;
/** Each subgroup has a matrix' rows of queries. The more there are, the less often keys and values are read. */
const SUBGROUPS = [4, 2, 1] as const;

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
    rightSize: KEYS * rightStride,
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
  const each = KEYS / sharing;

  return buildKernel(traits, (shader) => {
    const batch = indexOf(variable('b', sizeOf(front)), front);
    const stage = (memory: string, stride: number, rows: number, columns: number, operand: StagedOperand) =>
      stageRows(shader, { memory, stride, rows, columns, invocations }, operand);
    const query = variable('own_query', queries);
    const key = variable('own_key', keys);
    const mask = attention.mask && shader.load(attention.mask(batch, query, key), 1);
    const stageKeys = stage('right', rightStride, KEYS, across * MATRIX, {
      width,
      count: keys,
      first: 'key0',
      load: (number, at) => attention.key(batch, number, at),
    });

    /** Scores of the queries for `KEYS` keys from `key0` on, for each invocation those of its query that it shares. */
    const scores = (take: readonly string[]) => [
      ...stageKeys,
      'workgroupBarrier();',
      ...range(KEYS / MATRIX).flatMap((j) => [
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
      `for (var key0 = 0; key0 < ${keys}; key0 += ${KEYS}) {`,
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
        ...stage('right', rightStride, KEYS, valuesAcross * MATRIX, {
          width: valueWidth,
          count: keys,
          first: 'key0',
          load: (number, at) => attention.value(batch, number, at),
        }),
        'workgroupBarrier();',
        ...range(KEYS / MATRIX).flatMap((j) => [
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
      ...range(valuesAcross).flatMap((e) => drain(shader, units, attention, layout, target, batch, e)),
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

/** Rows of an operand, as they are brought to the workgroup's memory. */
interface StagedOperand {
  readonly width: number;
  /** How many rows there are at all, and the first that is wanted, in WGSL. Past the end, the last is read for nothing. */
  readonly count: number;
  readonly first: string;
  load(number: Index, at: Index): Load;
}

/** Lines that bring rows to the workgroup's memory, filled up with zeros to whole matrices. */
function stageRows(
  shader: Shader,
  {
    memory,
    stride,
    rows,
    columns,
    invocations,
  }: { memory: string; stride: number; rows: number; columns: number; invocations: number },
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
      (lane) => `  ${memory}[row * ${stride} + i % ${groups} * 4 + ${lane}] = f16(value.${'xyzw'[lane]});`,
    ),
    '}',
  ];
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

/** Stores a matrix of results, through the memory of its subgroup. */
function drain(
  shader: Shader,
  units: MatrixUnits,
  { queries, valueWidth }: AttentionOperands,
  { valuesAcross }: Layout,
  target: Target,
  batch: readonly Index[],
  e: number,
): string[] {
  const vectors = (MATRIX * MATRIX) / 4 / units.subgroup;
  const sharing = units.subgroup / MATRIX;
  const stores = range(vectors).flatMap((v) => {
    const name = `${e}_${v}`;
    const place = `(member + ${v * units.subgroup})`;
    const line = `subgroup * ${MATRIX} + ${place} / ${MATRIX / 4}`;
    const query = declareIndex(`m${name}`, `query0 + ${line}`, [queries]);
    const group = declareIndex(`n${name}`, `${(e * MATRIX) / 4} + ${place} % ${MATRIX / 4}`, [
      valueWidth / 4,
    ]);
    const at = `(${line}) * ${SCORES_STRIDE} + ${place} % ${MATRIX / 4} * 4`;
    const sum = `vec4<f32>(${range(4)
      .map((lane) => `patches[${at} + ${lane}]`)
      .join(', ')})`;
    const total = `shares[subgroup * ${units.subgroup} + ${place} / ${MATRIX / 4} * ${sharing}]`;
    const index = [...batch, query.index[0], plus(times(group.index[0], 4), lanes(4))];
    const guards = [
      `query0 + ${line} < ${queries}`,
      ...(e < valuesAcross - 1 || valueWidth % MATRIX === 0
        ? []
        : [`${(e * MATRIX) / 4} + ${place} % ${MATRIX / 4} < ${valueWidth / 4}`]),
    ];
    return [
      ...query.lines,
      ...group.lines,
      `let sum${name} = ${sum} / ${total};`,
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
