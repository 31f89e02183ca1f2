import type { ConvolutionAttributes, Shape, Tensor } from '@rewardedit/graph';
import type { Emitter, Value } from './emitter.ts';
import { isNodeOf, type GraphView, type Lowering } from './lowering.ts';

function convolution(
  emitter: Emitter,
  operands: readonly Value[],
  kernel: Shape,
  { stride, padding }: ConvolutionAttributes,
): Value {
  return emitter.emit('Conv', operands, {
    attributes: { kernel_shape: kernel.slice(2), strides: [stride, stride], pads: padding },
  });
}

export const conv2d: Lowering<'conv2d'> = (emitter, operands, { inputs, attributes }) =>
  convolution(emitter, operands, inputs[1].shape, attributes);

/**
 * A convolution that is used only for the sum with a number for each channel: the op takes that as its bias.
 */
export function biasedConvolution(
  emitter: Emitter,
  { inputs: [sum, bias] }: Tensor,
  graph: GraphView,
): Value | undefined {
  if (!isNodeOf(sum, 'conv2d') || graph.uses(sum) > 1 || sum.dtype !== 'f32') return undefined;
  const channels = sum.shape[1];
  const perChannel = [1, channels, 1, 1].slice(-bias.shape.length);
  if (bias.shape.length < 3 || bias.shape.join() !== perChannel.join()) return undefined;
  const flat =
    isNodeOf(bias, 'reshape') && bias.inputs[0].shape.length === 1
      ? graph.valueOf(bias.inputs[0])
      : emitter.emit('Reshape', [graph.valueOf(bias), emitter.indices([channels])]);
  const operands = [...sum.inputs.map(graph.valueOf), flat];
  return convolution(emitter, operands, sum.inputs[1].shape, sum.attributes);
}
