import { resizeNearest, type Tensor } from '@rewardedit/graph';
import { convolution } from './layers.ts';
import type { Scope } from './parameters.ts';

/** Nearest-neighbour upsampling of x [B, C, H, W] to a height and width, then a convolution (diffusers' `Upsample2D`). */
export function upsampler(
  scope: Scope,
  x: Tensor,
  [height, width]: readonly number[],
  channels: number,
): Tensor {
  const repeated = resizeNearest(x, height, width);
  return scope.trace(convolution(scope.at('conv'), repeated, channels, { kernel: 3, padding: 1 }));
}
