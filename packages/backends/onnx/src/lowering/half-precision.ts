import type { OpName } from '@rewardedit/graph';
import { ELEMENT_TYPES } from '../model/onnx-model.ts';
import type { Lowering } from './lowering.ts';

/**
 * Computes a float16 op in float32: for sums, because the graph requires it, and for ops that the CPU
 * provider lacks in float16. Only for lowerings that depend on nothing but their operands.
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
