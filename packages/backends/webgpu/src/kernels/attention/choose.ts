import type { AttentionGradientAttributes } from '@rewardedit/graph';
import type { Load } from '../../codegen/element.ts';
import { variable, whole, type Index } from '../../codegen/index-expression.ts';
import type { DeviceTraits, KernelStep } from '../../codegen/shader.ts';
import type { Stored } from '../../codegen/stored.ts';
import type { Target } from '../target.ts';
import { attentionByQuery } from './forward.ts';
import { attentionGradientKernel, type AttendedOperands } from './gradient.ts';
import { attentionGradientOnMatrices } from './matrix-gradient.ts';
import { attentionOnMatrices } from './matrix.ts';
import type { AttentionOperands } from './rows.ts';

/**
 * The kernel of an attention: on subgroup matrices if possible, with the plain one as the reference it is
 * checked against.
 */
export function attentionKernel(
  traits: DeviceTraits,
  attention: AttentionOperands,
  target: Target,
): KernelStep {
  const plain = { ...attentionByQuery(traits, attention, target), body: 'query by query' };
  const { matrices } = traits;
  if (!matrices || !isHalf(attention)) return plain;
  return preferred(attentionOnMatrices(traits, matrices, attention, target), plain);
}

/** The kernel of an attention's gradient, chosen in the same way. */
export function gradientKernel(
  traits: DeviceTraits,
  attention: AttendedOperands,
  of: AttentionGradientAttributes['of'],
  rows: Stored,
  target: Target,
): KernelStep {
  const plain = { ...attentionGradientKernel(traits, attention, of, rows, target), body: 'row by row' };
  const { matrices } = traits;
  const [batch, query] = [frontOf(attention), variable('query', attention.queries)];
  const given = attention.resultGradient(batch, query, whole(0));
  if (!matrices || !isHalf(attention) || !areHalf([given])) return plain;
  return preferred(attentionGradientOnMatrices(traits, matrices, attention, of, rows, target), plain);
}

/** Prefers a subgroup-matrix kernel if there is one, with the plain one as its reference. */
function preferred(onMatrices: KernelStep | undefined, plain: KernelStep): KernelStep {
  if (!onMatrices) return plain;
  return { ...onMatrices, operations: plain.operations!, body: 'matrices', alternatives: () => [plain] };
}

/** Whether queries, keys and values are all f16. */
function isHalf(attention: AttentionOperands): boolean {
  const { queries, keys, query, key, value } = attention;
  const batch = frontOf(attention);
  const [i, j] = [variable('query', queries), variable('key', keys)];
  return areHalf([query(batch, i, whole(0)), key(batch, j, whole(0)), value(batch, j, whole(0))]);
}

function areHalf(loads: readonly Load[]): boolean {
  return loads.every(({ tensor }) => tensor.dtype === 'f16');
}

function frontOf({ front }: AttentionOperands): Index[] {
  return front.map((size, axis) => variable(`front${axis}`, size));
}
