import { broadcastTo, concat, constant, reshape, silu, transpose, type Tensor } from '@rewardedit/graph';
import { coordinateChannels } from '../coordinates.ts';
import { convolution } from '../layers.ts';
import type { Scope } from '../parameters.ts';
import { clipVision } from './clip-vision.ts';
import type { SmartEditConfig } from './smartedit-config.ts';

/** Prefixes of the image encoders' weights. */
export const VISION_TOWER = 'vision_tower';
export const IMAGE_ENCODER = 'image_encoder';

/** Returns the features of pictures [B, 3, side, side], row by row, [B, h w, width]: input of the interaction module and of the language model. */
export function imageFeatures(scope: Scope, { image, bim }: SmartEditConfig, pictures: Tensor): Tensor {
  if (image.kind === 'clip')
    return clipVision(scope.at(VISION_TOWER), image.tower, pictures, { layer: image.layer });
  const place = scope.at(IMAGE_ENCODER);
  const halved = { kernel: 3, stride: 2, padding: 1 };
  // A small encoder cannot infer positions.
  const seen = concat([pictures, coordinates(pictures)], 1);
  const half = silu(convolution(place.at('conv1'), seen, bim.width, halved));
  const features = silu(convolution(place.at('conv2'), half, bim.width, halved));
  const [batch, channels, height, width] = features.shape;
  return place.trace(transpose(reshape(features, [batch, channels, height * width]), [0, 2, 1]));
}

/** The coordinates of each pixel, [B, 2, H, W]. */
function coordinates({ shape: [batch, , height, width], dtype }: Tensor): Tensor {
  const one = constant(coordinateChannels({ height, width }), [1, 2, height, width], dtype);
  return broadcastTo(one, [batch, 2, height, width]);
}
