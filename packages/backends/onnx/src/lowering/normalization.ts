import type { NormalizationAttributes, Tensor } from '@rewardedit/graph';
import type { Emitter, Value } from './emitter.ts';
import { inSinglePrecision } from './half-precision.ts';
import type { Lowering } from './lowering.ts';

/**
 * Both ops are outputs of one LayerNormalization: [normalized, mean, inverse deviation]. It wants a factor
 * per column; a weight or a bias of the network is applied afterwards, per channel.
 */
function layerNormalization(
  emitter: Emitter,
  x: Value,
  { inputs, attributes }: Tensor<NormalizationAttributes>,
): readonly Value[] {
  const width = inputs[0].shape[inputs[0].shape.length - 1];
  const ones = emitter.constant('f32', [width], new Uint8Array(new Float32Array(width).fill(1).buffer));
  return emitter.emitMany('LayerNormalization', [x, ones], 3, {
    attributes: { axis: -1, epsilon: { float: attributes.epsilon } },
  });
}

export const normalize: Lowering<'normalize'> = inSinglePrecision(
  (emitter, [x], tensor) => layerNormalization(emitter, x, tensor)[0],
);

export const inverseDeviation: Lowering<'inverseDeviation'> = inSinglePrecision(
  (emitter, [x], tensor) => layerNormalization(emitter, x, tensor)[2],
);
