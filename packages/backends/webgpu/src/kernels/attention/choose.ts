import { variable, whole } from '../../codegen/index-expression.ts';
import type { DeviceTraits, KernelStep } from '../../codegen/shader.ts';
import type { Target } from '../target.ts';
import { attentionByQuery } from './forward.ts';
import { attentionOnMatrices } from './matrix.ts';
import type { AttentionOperands } from './rows.ts';

/** The kernel of an attention: on matrix units where they can compute it, with the plain one as what it is checked against. */
export function attentionKernel(
  traits: DeviceTraits,
  attention: AttentionOperands,
  target: Target,
): KernelStep {
  const plain = { ...attentionByQuery(traits, attention, target), body: 'query by query' };
  const { matrices } = traits;
  const onMatrices =
    matrices && isHalf(attention) ? attentionOnMatrices(traits, matrices, attention, target) : undefined;
  if (!onMatrices) return plain;
  return { ...onMatrices, operations: plain.operations!, body: 'matrices', alternatives: () => [plain] };
}

/** Whether queries, keys and values are all f16. */
function isHalf({ front, queries, keys, query, key, value }: AttentionOperands): boolean {
  const batch = front.map((size, axis) => variable(`front${axis}`, size));
  const [i, j] = [variable('query', queries), variable('key', keys)];
  const loads = [query(batch, i, whole(0)), key(batch, j, whole(0)), value(batch, j, whole(0))];
  return loads.every(({ tensor }) => tensor.dtype === 'f16');
}
