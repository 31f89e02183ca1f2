import { sizeOf, type NormalizationAttributes, type Shape, type Tensor } from '@rewardedit/graph';
import type { Emitter, Value } from './emitter.ts';
import { inSinglePrecision } from './half-precision.ts';
import type { Lowering } from './lowering.ts';

/**
 * Both ops are outputs of one LayerNormalization: [normalized, mean, inverse deviation]. It takes a factor
 * per column; the network's weight and bias are applied later, per channel.
 */
function layerNormalization(
  emitter: Emitter,
  x: Value,
  width: number,
  { epsilon }: NormalizationAttributes,
): readonly Value[] {
  const ones = emitter.constant('f32', [width], new Uint8Array(new Float32Array(width).fill(1).buffer));
  return emitter.emitMany('LayerNormalization', [x, ones], 3, {
    attributes: { axis: -1, epsilon: { float: epsilon } },
  });
}

/** The length of the normalized axis. */
function widthOf({ inputs: [{ shape }] }: Tensor): number {
  return shape[shape.length - 1];
}

export const normalize: Lowering<'normalize'> = inSinglePrecision(
  (emitter, [x], tensor) => layerNormalization(emitter, x, widthOf(tensor), tensor.attributes)[0],
);

export const inverseDeviation: Lowering<'inverseDeviation'> = inSinglePrecision(
  (emitter, [x], tensor) => layerNormalization(emitter, x, widthOf(tensor), tensor.attributes)[2],
);

/** Groups are normalized as rows, as in the gradient, so that both share the node. */
export const groupNorm: Lowering<'groupNorm'> = inSinglePrecision((emitter, [x, weight, bias], tensor) => {
  const { inputs, attributes, shape } = tensor;
  const [batch, channels, ...space] = shape;
  const reshaped = (value: Value, to: Shape) => emitter.emit('Reshape', [value, emitter.indices(to)]);
  const width = (channels / attributes.groups) * sizeOf(space);
  const rows = reshaped(x, [batch, attributes.groups, width]);
  const [normalized] = layerNormalization(emitter, rows, width, attributes);
  const [scale, shift] = [weight, bias].map((value, i) =>
    reshaped(value, [inputs[i + 1].shape.length === 1 ? 1 : batch, channels, ...space.map(() => 1)]),
  );
  return emitter.emit('Add', [emitter.emit('Mul', [reshaped(normalized, shape), scale]), shift]);
});
