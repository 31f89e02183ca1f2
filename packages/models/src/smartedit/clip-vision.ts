import { add, broadcastTo, concat, conv2d, reshape, slice, transpose, type Tensor } from '@rewardedit/graph';
import { clipEncoderLayer } from '../clip-encoder-layer.ts';
import { layerNormalization } from '../layers.ts';
import type { Initialization, Scope } from '../parameters.ts';
import { patchesPerSide, type ClipVisionConfig } from './clip-vision-config.ts';

const SMALL: Initialization = { kind: 'normal', deviation: 0.02 };

/**
 * CLIP's vision tower (transformers' `CLIPVisionModel`) up to the hidden state used by LLaVA and SmartEdit: pictures [B, 3, image_size,
 * image_size], normalized for CLIP, to one vector per patch, [B, patches, hidden_size].
 *
 * @param options.layer index of the hidden state from the end, as in LLaVA: -2 is the input of the last layer. Later layers and their weights
 * are left out.
 */
export function clipVision(
  scope: Scope,
  config: ClipVisionConfig,
  pictures: Tensor,
  { layer = -2 }: { layer?: number } = {},
): Tensor {
  const { num_hidden_layers: layers, image_size: side } = config;
  if (pictures.shape[2] !== side || pictures.shape[3] !== side) {
    throw new Error(
      `clipVision: pictures of ${pictures.shape.slice(2).join(' x ')}, but the tower needs ${side} x ${side}.`,
    );
  }
  const model = scope.at('vision_model');
  const embedded = embeddings(model.at('embeddings'), config, pictures);
  // transformers' spelling.
  let x = layerNormalization(model.at('pre_layrnorm'), embedded, config.layer_norm_eps);
  for (let i = 0; i <= layers + layer; i++) {
    x = clipEncoderLayer(model.at('encoder').at('layers').at(i), config, x, undefined);
  }
  const [batch, tokens, width] = x.shape;
  return scope.trace(slice(x, [0, 1, 0], [batch, tokens - 1, width]));
}

/** The class token followed by the patches row by row, with position embeddings. */
function embeddings(scope: Scope, config: ClipVisionConfig, pictures: Tensor): Tensor {
  const { hidden_size: width, patch_size: patch, num_channels: channels } = config;
  const [batch] = pictures.shape;
  const patches = patchesPerSide(config) ** 2;
  const kernel = scope.at('patch_embedding').parameter('weight', [width, channels, patch, patch], SMALL);
  const cut = conv2d(pictures, kernel, { stride: patch });
  const tokens = transpose(reshape(cut, [batch, width, patches]), [0, 2, 1]);
  const first = reshape(scope.parameter('class_embedding', [width], SMALL), [1, 1, width]);
  const positions = scope.at('position_embedding').parameter('weight', [patches + 1, width], SMALL);
  return add(concat([broadcastTo(first, [batch, 1, width]), tokens], 1), positions);
}
