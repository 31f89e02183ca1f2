import { add, cast, mul, reshape, transpose, type Tensor } from '@rewardedit/graph';
import { convolution, linear, ZEROS } from '../layers.ts';
import type { Scope } from '../parameters.ts';
import type { BimConfig } from './bim-config.ts';
import { fourierPositions } from './fourier-positions.ts';
import { resizeBilinear } from './resize-bilinear.ts';
import { twoWayTransformer } from './two-way-transformer.ts';

interface Size {
  readonly height: number;
  readonly width: number;
}

/** SmartEdit's conditioning of the U-Net. */
export interface BimOutputs {
  /** Context of the cross-attention, [B, N, context_width]. */
  readonly context: Tensor;
  /** Added to the feature map after `conv_in`, [B, map_channels, H, W]. */
  readonly featureMap: Tensor;
}

/**
 * SmartEdit's bidirectional interaction module (`init_BIM_module` and `inference_BIM_module` of `model/DS_SmartEdit_model.py`): the Q-Former's
 * output [B, N, context_width] and image features [B, h w, width], row by row, attend to each other.
 *
 * Both last projections are initialized to zero, so a trained U-Net gets no new information at first.
 *
 * @param options.grid height and width of the image features.
 * @param options.latent height and width of the feature map.
 */
export function bim(
  scope: Scope,
  config: BimConfig,
  { queries, imageFeatures }: { readonly queries: Tensor; readonly imageFeatures: Tensor },
  { grid, latent }: { readonly grid: Size; readonly latent: Size },
): BimOutputs {
  const tokens = linear(scope.at('modulate_head'), queries, config.width);
  const pe = scope.at('pe_layer');
  const positions = fourierPositions(pe, grid, config.width);
  pe.trace(toPixels(positions, grid));
  const attended = twoWayTransformer(
    scope.at('modulate_transformer'),
    config,
    { tokens, image: imageFeatures },
    cast(positions, scope.dtype),
  );
  const projected = linear(
    scope.at('dimension_reduction_head_qformer_out'),
    attended.tokens,
    config.context_width,
    {
      initialization: ZEROS,
    },
  );
  return {
    context: add(queries, mul(projected, config.context_scale)),
    featureMap: featureMap(scope, config, toPixels(attended.image, grid), latent),
  };
}

/**
 * The original resizes first. A 1x1 convolution and a bilinear resize commute, since the weights of each position add up to 1, and there are
 * four times fewer positions before the resize.
 */
function featureMap(
  scope: Scope,
  { map_channels }: BimConfig,
  image: Tensor,
  { height, width }: Size,
): Tensor {
  const place = scope.at('dimension_reduction_head_zeroconv');
  // The original's input of the convolution, for comparison. It is only computed if requested.
  scope.at('interpolated').trace(resizeBilinear(image, height, width));
  const small = convolution(place, image, map_channels, { kernel: 1, initialization: ZEROS });
  return place.trace(resizeBilinear(small, height, width));
}

/** Reshapes [B, h w, C] to [B, C, h, w]. */
function toPixels(x: Tensor, { height, width }: Size): Tensor {
  const [batch, , channels] = x.shape;
  return reshape(transpose(x, [0, 2, 1]), [batch, channels, height, width]);
}
