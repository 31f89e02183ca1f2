import type { OpName } from '@rewardedit/graph';
import { ELEMENT_TYPES } from '../model/onnx-model.ts';
import type { Lowering } from './lowering.ts';

/**
 * Carries out a float16 op in float32: where sums are made, because that is the graph's rule, and where the
 * CPU provider has nothing else. For lowerings that look at the values they are given only.
 */
export function inSinglePrecision<Name extends OpName>(lowering: Lowering<Name>): Lowering<Name> {
  return (emitter, inputs, tensor, graph) => {
    if (tensor.dtype !== 'f16') return lowering(emitter, inputs, tensor, graph);
    const wide = inputs.map((value, i) =>
      tensor.inputs[i].dtype === 'f16'
        ? emitter.emit('Cast', [value], { attributes: { to: ELEMENT_TYPES.f32 } })
        : value,
    );
    const result = lowering(emitter, wide, { ...tensor, dtype: 'f32' }, graph);
    return emitter.emit('Cast', [result], { attributes: { to: ELEMENT_TYPES.f16 } });
  };
}
