import { rewrite, topologicalOrder, type NamedTensors, type Tensor } from '@rewardedit/graph';
import { LOWERINGS } from './table.ts';

/** Decomposes ops that have no lowering. */
export function decomposed(tensors: NamedTensors): NamedTensors {
  if (topologicalOrder(Object.values(tensors)).every(hasLowering)) return tensors;
  return rewrite(tensors, (tensor) =>
    hasLowering(tensor) ? undefined : tensor.op.decompose?.(tensor.inputs, tensor.attributes),
  );
}

function hasLowering({ op }: Tensor): boolean {
  return op.name in LOWERINGS;
}
