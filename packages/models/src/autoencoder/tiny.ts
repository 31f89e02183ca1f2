import { add, maximum, mul, resizeNearest, sub, tanh, type Tensor } from '@rewardedit/graph';
import { ACTIVATIONS } from '../activations.ts';
import { convolution, groupNormalization, kernelProduct } from '../layers.ts';
import type { Scope } from '../parameters.ts';
import type { TinyConfig } from './tiny-config.ts';

// A small autoencoder distilled from a large one (madebyollin/taesd), diffusers' `AutoencoderTiny`: no attention, few norms, no variance.
// Layers are numbered consecutively, counting activations and upsampling.

/** Latents are softly clamped to [-BOUND, BOUND] before decoding. */
const BOUND = 3;
const POOL = { widening: 4, groups: 4, epsilon: 1e-5 };

/** Returns the latent of pixels [B, 3, H, W] in [-1, 1]. */
export function tinyEncoder(root: Scope, config: TinyConfig, pixels: Tensor): Tensor {
  const scope = numbered(root.at('encoder').at('layers'));
  const levels = config.num_encoder_blocks.length;
  // The network's input is in [0, 1].
  let x = mul(add(pixels, 1), 0.5);
  for (const [level, blocks] of config.num_encoder_blocks.entries()) {
    const channels = config.encoder_block_out_channels[level];
    x =
      level === 0
        ? convolution(scope(), x, channels, { kernel: 3, padding: 1 })
        : kernelProduct(scope(), x, channels, { kernel: 3, padding: 1, stride: 2 });
    const pool = config.pool_branches && level === levels - 1;
    for (let block = 0; block < blocks; block++) x = tinyBlock(scope(), x, pool);
  }
  return convolution(scope(), x, config.latent_channels, { kernel: 3, padding: 1 });
}

/** Returns pixels from a latent [B, channels, h, w]. */
export function tinyDecoder(root: Scope, config: TinyConfig, latent: Tensor): Tensor {
  const scope = numbered(root.at('decoder').at('layers'));
  const [widest] = config.decoder_block_out_channels;
  let x = mul(tanh(mul(latent, 1 / BOUND)), BOUND);
  x = convolution(scope(), x, widest, { kernel: 3, padding: 1 });
  x = scope().trace(maximum(x, 0));
  for (const [level, blocks] of config.num_decoder_blocks.entries()) {
    const channels = config.decoder_block_out_channels[level];
    const pool = config.pool_branches && level === 0;
    for (let block = 0; block < blocks; block++) x = tinyBlock(scope(), x, pool);
    if (level < config.num_decoder_blocks.length - 1) {
      const [height, width] = x.shape.slice(2).map((side) => side * config.upsampling_scaling_factor);
      x = scope().trace(resizeNearest(x, height, width));
      x = kernelProduct(scope(), x, channels, { kernel: 3, padding: 1 });
    }
  }
  x = convolution(scope(), x, config.out_channels, { kernel: 3, padding: 1 });
  return sub(mul(x, 2), 1);
}

/** A residual block of three convolutions, optionally preceded by a residual branch of 1x1 convolutions around a group norm. */
function tinyBlock(scope: Scope, x: Tensor, pool: boolean): Tensor {
  const channels = x.shape[1];
  const seen = pool ? add(x, poolBranch(scope.at('pool'), x)) : x;
  const relu = ACTIVATIONS.relu;
  let h = seen;
  for (const layer of [0, 2, 4]) {
    h = convolution(scope.at('conv').at(layer), h, channels, { kernel: 3, padding: 1 });
    if (layer < 4) h = relu(h);
  }
  return scope.trace(relu(add(h, seen)));
}

function poolBranch(scope: Scope, x: Tensor): Tensor {
  const channels = x.shape[1];
  const wide = kernelProduct(scope.at(0), x, POOL.widening * channels, { kernel: 1 });
  const normed = groupNormalization(scope.at(1), wide, POOL.groups, POOL.epsilon);
  return kernelProduct(scope.at(3), ACTIVATIONS.relu(normed), channels, { kernel: 1 });
}

/** Returns a function that returns the scope of the next layer at each call. */
function numbered(scope: Scope): () => Scope {
  let next = 0;
  return () => scope.at(next++);
}
