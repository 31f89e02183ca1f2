import type { OpName } from '@rewardedit/graph';
import { ELEMENT_TYPES } from '../model/onnx-model.ts';
import type { Lowering } from './lowering.ts';

/**
 * Carries out an op on float16 in float32: where sums are made, because that is the graph's rule, and where the
 * CPU provider has nothing else. For lowerings that look at the values they are given only.
 */
export function inSinglePrecision<Name extends OpName>(lowering: Lowering<Name>): Lowering<Name> {
  return (emitter, inputs, tensor, graph) => {
    const wide = inputs.map((value, i) =>
      tensor.inputs[i].dtype === 'f16'
        ? emitter.emit('Cast', [value], { attributes: { to: ELEMENT_TYPES.f32 } })
        : value,
    );
    const single = tensor.dtype === 'f16' ? { ...tensor, dtype: 'f32' as const } : tensor;
    const result = lowering(emitter, wide, single, graph);
    if (tensor.dtype !== 'f16') return result;
    return emitter.emit('Cast', [result], { attributes: { to: ELEMENT_TYPES.f16 } });
  };
}
