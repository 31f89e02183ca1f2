import { broadcastTo, concat, constant, reshape, silu, transpose, type Tensor } from '@rewardedit/graph';
import { convolution } from '../layers.ts';
import type { Scope } from '../parameters.ts';
import { clipVision } from './clip-vision.ts';
import type { SmartEditConfig } from './smartedit-config.ts';

/** Where the weights of what sees the picture stand. */
export const VISION_TOWER = 'vision_tower';
export const IMAGE_ENCODER = 'image_encoder';

/**
 * The features of pictures [B, 3, side, side], row by row, [B, h w, width]: what the interaction module and the language model look at.
 */
export function imageFeatures(scope: Scope, { image, bim }: SmartEditConfig, pictures: Tensor): Tensor {
  if (image.kind === 'clip')
    return clipVision(scope.at(VISION_TOWER), image.tower, pictures, { layer: image.layer });
  const place = scope.at(IMAGE_ENCODER);
  const halved = { kernel: 3, stride: 2, padding: 1 };
  // Where in the picture it is, a small encoder has to be told.
  const seen = concat([pictures, places(pictures)], 1);
  const half = silu(convolution(place.at('conv1'), seen, bim.width, halved));
  const features = silu(convolution(place.at('conv2'), half, bim.width, halved));
  const [batch, channels, height, width] = features.shape;
  return place.trace(transpose(reshape(features, [batch, channels, height * width]), [0, 2, 1]));
}

/** Column and row of each pixel, from -1 to 1: [B, 2, H, W]. */
function places({ shape: [batch, , height, width], dtype }: Tensor): Tensor {
  const values = Float32Array.from({ length: 2 * height * width }, (_, i) => {
    const pixel = i % (height * width);
    return i < height * width
      ? (2 * (pixel % width) + 1) / width - 1
      : (2 * Math.floor(pixel / width) + 1) / height - 1;
  });
  return broadcastTo(constant(values, [1, 2, height, width], dtype), [batch, 2, height, width]);
}
