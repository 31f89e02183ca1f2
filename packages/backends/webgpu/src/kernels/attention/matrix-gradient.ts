import { sizeOf, stridesOf, type AttentionGradientAttributes } from '@rewardedit/graph';
import { addressOf, indexOf, variable, whole } from '../../codegen/index-expression.ts';
import { buildKernel, indented, type DeviceTraits, type KernelStep } from '../../codegen/shader.ts';
import type { Stored } from '../../codegen/stored.ts';
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
import type { AttendedOperands } from './gradient.ts';
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

type Of = AttentionGradientAttributes['of'];

/** Pairs of rows: queries with the gradients of their results, or keys with their values. */
interface Rows {
  readonly count: number;
  readonly first: string;
  readonly vectors: readonly [StagedOperand, StagedOperand];
}

/** Offsets of both vectors' rows in workgroup memory, in elements. */
interface Layout {
  readonly subgroups: number;
  /** Rows that belong to the workgroup. */
  readonly own: number;
  readonly across: readonly [number, number];
  readonly strides: readonly [number, number];
  readonly left: { readonly second: number; readonly weights: number; readonly size: number };
  readonly right: { readonly second: number; readonly size: number };
  /** The offset of the second products. */
  readonly slopes: number;
}

function layoutFor(widths: readonly [number, number], subgroups: number): Layout {
  const across = widths.map((size) => Math.ceil(size / MATRIX)) as [number, number];
  const strides = across.map((count) => count * MATRIX + PADDING.halves) as [number, number];
  const own = subgroups * MATRIX;
  const weights = own * (strides[0] + strides[1]);
  return {
    subgroups,
    own,
    across,
    strides,
    left: { second: own * strides[0], weights, size: weights + own * WEIGHTS_STRIDE },
    right: { second: OTHERS * strides[0], size: OTHERS * (strides[0] + strides[1]) },
    slopes: own * SCORES_STRIDE,
  };
}

function bytesOf({ left, right, slopes }: Layout): number {
  return 2 * (left.size + right.size) + 4 * 2 * slopes;
}

/**
 * The gradient with respect to queries, keys or values on subgroup matrices, with f16 operands and f32
 * accumulators: `attentionGradientKernel` by tiles (Dao et al., arXiv 2307.08691, algorithm 2, with one
 * result per kernel, so that workgroups share no sums). Tested with matrices emulated in WGSL; not run on
 * hardware yet.
 *
 * @param rows the result of `attentionRowsKernel`.
 * @returns undefined if this algorithm does not support the shapes or the device.
 */
export function attentionGradientOnMatrices(
  traits: DeviceTraits,
  units: MatrixUnits,
  attention: AttendedOperands,
  of: Of,
  rows: Stored,
  target: Target,
): KernelStep | undefined {
  const { front, queries, keys, width, valueWidth, scale } = attention;
  const layout = SUBGROUPS.map((count) => layoutFor([width, valueWidth], count)).find(
    (each) => bytesOf(each) <= traits.workgroupMemory,
  );
  if (!layout || width % 4 !== 0 || valueWidth % 4 !== 0 || sizeOf(front) > 65535) return undefined;
  const { subgroups, across, strides, left, right } = layout;
  const invocations = subgroups * units.subgroup;
  const sharing = units.subgroup / MATRIX;
  const each = OTHERS / sharing;
  const needsSlopes = of !== 'value';
  /** Which vector of the other rows is multiplied by the weights or their gradients. */
  const summed = needsSlopes ? 0 : 1;
  const resultWidth = needsSlopes ? width : valueWidth;

  return buildKernel(traits, (shader) => {
    const batch = indexOf(variable('b', sizeOf(front)), front);
    const ofQueries = (first: string): Rows => ({
      count: queries,
      first,
      vectors: [
        { width, count: queries, first, load: (i, at) => attention.query(batch, i, at) },
        { width: valueWidth, count: queries, first, load: (i, at) => attention.resultGradient(batch, i, at) },
      ],
    });
    const ofKeys = (first: string): Rows => ({
      count: keys,
      first,
      vectors: [
        { width, count: keys, first, load: (i, at) => attention.key(batch, i, at) },
        { width: valueWidth, count: keys, first, load: (i, at) => attention.value(batch, i, at) },
      ],
    });
    const [own, others] =
      of === 'query' ? [ofQueries('own0'), ofKeys('other0')] : [ofKeys('own0'), ofQueries('other0')];
    const [query, key] = [variable('query', queries), variable('key', keys)];
    const number = addressOf([...batch, query], stridesOf([...front, queries]));
    const kept = (which: number) =>
      shader.load(
        { kind: 'load', tensor: rows, address: addressOf([number, whole(which)], rows.strides), inside: [] },
        1,
      );
    const mask = attention.mask && shader.load(attention.mask(batch, query, key), 1);
    const stage = (memory: 'left' | 'right', which: 0 | 1, { vectors }: Rows) =>
      stageRows(
        shader,
        {
          memory,
          offset: which === 0 ? 0 : (memory === 'left' ? left : right).second,
          stride: strides[which],
          rows: memory === 'left' ? layout.own : OTHERS,
          columns: across[which] * MATRIX,
          invocations,
        },
        vectors[which],
      );

    /** Products of the workgroup's own vectors with those of the other rows, stored as scores. */
    const products = (which: 0 | 1) =>
      range(OTHERS / MATRIX).flatMap((j) => [
        // Explicitly zero: not every compiler initializes a variable declared in a loop on each iteration.
        `var s${which}_${j} = ${zeroMatrix};`,
        ...range(across[which]).flatMap((c) => {
          const stride = strides[which];
          const a = `${which * left.second} + subgroup * ${MATRIX * stride} + ${c * MATRIX}`;
          const b = `${which * right.second + j * MATRIX * stride + c * MATRIX}`;
          const name = `${which}_${j}_${c}`;
          return [
            `let a${name} = ${loadMatrix(units, 'left', a, stride, false)};`,
            `let b${name} = ${loadMatrix(units, 'right', b, stride, true)};`,
            `s${which}_${j} = subgroupMatrixMultiplyAccumulate(a${name}, b${name}, s${which}_${j});`,
          ];
        }),
        storeMatrix(
          units,
          'patches',
          `${which * layout.slopes} + subgroup * ${MATRIX * SCORES_STRIDE} + ${j * MATRIX}`,
          `s${which}_${j}`,
          SCORES_STRIDE,
        ),
      ]);
    const place = `own_row * ${SCORES_STRIDE} + place`;
    const weights = [
      `for (var i = 0; i < ${each}; i++) {`,
      ...[
        `let place = share * ${each} + i;`,
        `let other = min(other0 + place, ${others.count - 1});`,
        of === 'query'
          ? 'let query = own_number; let key = other;'
          : 'let query = other; let key = own_number;',
        `let score = max(patches[${place}] * ${scale} + f32(${mask ?? 0}), -3.4e38);`,
        `var weight = exp(score - ${kept(0)}) / ${kept(1)};`,
        ...(needsSlopes
          ? [`weight = (patches[${layout.slopes} + ${place}] - ${kept(2)}) * weight * ${scale};`]
          : []),
        `weight = select(0.0, weight, other0 + place < ${others.count});`,
        `left[${left.weights} + own_row * ${WEIGHTS_STRIDE} + place] = f16(weight);`,
      ].map(indented),
      '}',
    ];
    const sums = range(OTHERS / MATRIX).flatMap((j) => {
      const stride = strides[summed];
      const p = `${left.weights} + subgroup * ${MATRIX * WEIGHTS_STRIDE} + ${j * MATRIX}`;
      return [
        `let p${j} = ${loadMatrix(units, 'left', p, WEIGHTS_STRIDE, false)};`,
        ...range(across[summed]).flatMap((e) => {
          const v = `${summed * right.second + j * MATRIX * stride + e * MATRIX}`;
          return [
            `let v${j}_${e} = ${loadMatrix(units, 'right', v, stride, false)};`,
            `o${e} = subgroupMatrixMultiplyAccumulate(p${j}, v${j}_${e}, o${e});`,
          ];
        }),
      ];
    });
    const body = [
      'let b = i32(group.y);',
      `let own0 = i32(group.x) * ${layout.own};`,
      `let subgroup = i32(local) / ${units.subgroup};`,
      `let member = i32(local) % ${units.subgroup};`,
      `let share = member % ${sharing};`,
      `let own_row = subgroup * ${MATRIX} + member / ${sharing};`,
      `let own_number = min(own0 + own_row, ${own.count - 1});`,
      ...stage('left', 0, own),
      ...(needsSlopes ? stage('left', 1, own) : []),
      ...range(across[summed]).map((e) => `var o${e} = ${zeroMatrix};`),
      `for (var other0 = 0; other0 < ${others.count}; other0 += ${OTHERS}) {`,
      ...[
        ...stage('right', 0, others),
        ...stage('right', 1, others),
        'workgroupBarrier();',
        ...products(0),
        ...(needsSlopes ? products(1) : []),
        'workgroupBarrier();',
        ...weights,
        'workgroupBarrier();',
        ...sums,
        'workgroupBarrier();',
      ].map(indented),
      '}',
      ...range(across[summed]).flatMap((e) =>
        storeRows(shader, units, { first: 'own0', count: own.count, width: resultWidth }, target, batch, e),
      ),
    ];
    return shader.step({
      label: `attention gradient of ${of} ${sizeOf(front)}x${queries}x${keys}x${width}`,
      workgroup: [invocations, 1, 1],
      workgroups: [Math.ceil(own.count / layout.own), sizeOf(front), 1],
      enables: matrixEnables,
      declarations: [
        `var<workgroup> left: array<f16, ${left.size}>;`,
        `var<workgroup> right: array<f16, ${right.size}>;`,
        `var<workgroup> patches: array<f32, ${2 * layout.slopes}>;`,
      ],
      body,
    });
  });
}
