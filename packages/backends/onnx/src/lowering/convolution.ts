import type { ConvolutionAttributes, Tensor } from '@rewardedit/graph';
import { blockedConvolution, blockFor, weightInBlocks } from './blocked-convolution.ts';
import type { Emitter, Value } from './emitter.ts';
import { isNodeOf, type GraphView, type Lowering } from './lowering.ts';

function convolution(
  emitter: Emitter,
  [x, weight, ...bias]: readonly Value[],
  { inputs, attributes: { stride, padding }, shape, dtype }: Tensor<ConvolutionAttributes>,
): Value {
  const kernel = inputs[1].shape;
  const attributes = { kernel_shape: kernel.slice(2), strides: [stride, stride], pads: padding };
  const block = dtype === 'f32' ? blockFor(emitter, kernel, shape) : undefined;
  if (block === undefined) return emitter.emit('Conv', [x, weight, ...bias], { attributes });
  const operands = [x, weightInBlocks(emitter, weight, kernel, block), ...bias];
  return blockedConvolution(emitter, operands, shape[1], attributes);
}

export const conv2d: Lowering<'conv2d'> = (emitter, operands, tensor) =>
  convolution(emitter, operands, tensor);

/** A convolution whose only use is the sum with a number per channel, which the op takes as its bias. */
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
  return convolution(emitter, [...sum.inputs.map(graph.valueOf), flat], sum);
}
