import { add, reshape, split, transpose, type Tensor } from '@rewardedit/graph';
import { ACTIVATIONS } from '../activations.ts';
import { convolution, groupNormalization, linear } from '../layers.ts';
import { multiHeadAttention } from '../multi-head-attention.ts';
import type { Scope } from '../parameters.ts';
import { resnetBlock, type ResnetSettings } from '../resnet.ts';
import { upsampler } from '../upsampling.ts';
import type { KlConfig } from './kl-config.ts';

// The variational autoencoder of latent diffusion (Rombach et al., arXiv 2112.10752), diffusers' `AutoencoderKL`.

/** Of every group norm, whatever the configuration says. */
const EPSILON = 1e-6;

function resnetSettings(config: KlConfig): ResnetSettings {
  return {
    groups: config.norm_num_groups,
    epsilon: EPSILON,
    activation: config.act_fn,
    timeScaleShift: 'default',
    outputScale: 1,
  };
}

/** Returns mean and log variance of the latent, from pixels [B, 3, H, W] in [-1, 1]. */
export function klEncoder(
  root: Scope,
  config: KlConfig,
  pixels: Tensor,
): { mean: Tensor; logVariance: Tensor } {
  const scope = root.at('encoder');
  const { block_out_channels: levels, latent_channels: channels } = config;
  let x = convolution(scope.at('conv_in'), pixels, levels[0], { kernel: 3, padding: 1 });
  for (const [level, width] of levels.entries()) {
    const block = scope.at('down_blocks').at(level);
    for (let layer = 0; layer < config.layers_per_block; layer++)
      x = resnetBlock(block.at('resnets').at(layer), x, undefined, width, resnetSettings(config));
    if (level < levels.length - 1) {
      // Padded at the bottom and right only.
      const place = block.at('downsamplers').at(0).at('conv');
      x = convolution(place, x, width, { kernel: 3, stride: 2, padding: [0, 0, 1, 1] });
    }
    block.trace(x);
  }
  x = normed(scope, config, middle(scope.at('mid_block'), config, x));
  x = convolution(scope.at('conv_out'), x, 2 * channels, { kernel: 3, padding: 1 });
  if (config.use_quant_conv) x = convolution(root.at('quant_conv'), x, 2 * channels, { kernel: 1 });
  const [mean, logVariance] = split(x, 2, 1);
  return { mean, logVariance };
}

/** Returns pixels from an unscaled latent. */
export function klDecoder(root: Scope, config: KlConfig, latent: Tensor): Tensor {
  const scope = root.at('decoder');
  const levels = config.block_out_channels.toReversed();
  let x = latent;
  if (config.use_post_quant_conv)
    x = convolution(root.at('post_quant_conv'), x, config.latent_channels, { kernel: 1 });
  x = convolution(scope.at('conv_in'), x, levels[0], { kernel: 3, padding: 1 });
  x = middle(scope.at('mid_block'), config, x);
  for (const [level, width] of levels.entries()) {
    const block = scope.at('up_blocks').at(level);
    for (let layer = 0; layer <= config.layers_per_block; layer++)
      x = resnetBlock(block.at('resnets').at(layer), x, undefined, width, resnetSettings(config));
    if (level < levels.length - 1) {
      const twice = x.shape.slice(2).map((side) => 2 * side);
      x = upsampler(block.at('upsamplers').at(0), x, twice, width);
    }
    block.trace(x);
  }
  return convolution(scope.at('conv_out'), normed(scope, config, x), config.out_channels, {
    kernel: 3,
    padding: 1,
  });
}

function normed(scope: Scope, config: KlConfig, x: Tensor): Tensor {
  const h = groupNormalization(scope.at('conv_norm_out'), x, config.norm_num_groups, EPSILON);
  return ACTIVATIONS[config.act_fn](h);
}

/** The middle block: two residual blocks with self-attention between them. */
function middle(scope: Scope, config: KlConfig, x: Tensor): Tensor {
  const resnet = (layer: number, h: Tensor) =>
    resnetBlock(scope.at('resnets').at(layer), h, undefined, h.shape[1], resnetSettings(config));
  const first = resnet(0, x);
  const seen = config.mid_block_add_attention
    ? selfAttention(scope.at('attentions').at(0), first, config.norm_num_groups)
    : first;
  return scope.trace(resnet(1, seen));
}

/** Residual self-attention over the positions of x [B, C, H, W], with a single head. */
function selfAttention(scope: Scope, x: Tensor, groups: number): Tensor {
  const [batch, channels, height, width] = x.shape;
  const h = groupNormalization(scope.at('group_norm'), x, groups, EPSILON);
  const pixels = transpose(reshape(h, [batch, channels, height * width]), [0, 2, 1]);
  const project = (name: string) => linear(scope.at(name), pixels, channels);
  const attended = multiHeadAttention(project('to_q'), project('to_k'), project('to_v'), { heads: 1 });
  const out = linear(scope.at('to_out').at(0), attended, channels);
  return scope.trace(add(reshape(transpose(out, [0, 2, 1]), x.shape), x));
}
