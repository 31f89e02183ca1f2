import type { Tensor } from '@rewardedit/graph';
import type { Scope } from '../parameters.ts';
import type { AutoencoderConfig } from './config.ts';
import { klDecoder, klEncoder } from './kl.ts';
import { tinyDecoder, tinyEncoder } from './tiny.ts';

/** Between pictures and the latents that a network works on, as graphs. */
export interface Autoencoder {
  /** Channels of a latent. */
  readonly channels: number;
  /** Pixels along each side of the square that a position of the latent stands for. */
  readonly multiple: number;
  /** What latents are multiplied by, to bring them to about unit variance (`scaling_factor`; 0.18215 for Stable Diffusion). */
  readonly scale: number;
  /** What is taken from latents before that (`shift_factor`). */
  readonly shift: number;
  /**
   * Mean of a picture's latent, and the logarithm of its variance where the autoencoder has one, from pixels [B, 3, H, W] between
   * -1 and 1.
   */
  encode(scope: Scope, pixels: Tensor): { readonly mean: Tensor; readonly logVariance?: Tensor | undefined };
  /** Pixels, between -1 and 1 but for overshoot, from a latent that is not scaled. */
  decode(scope: Scope, latent: Tensor): Tensor;
}

/** The autoencoder that a configuration describes. */
export function createAutoencoder(config: AutoencoderConfig): Autoencoder {
  const common = {
    channels: config.latent_channels,
    scale: config.scaling_factor,
    shift: config.shift_factor ?? 0,
  };
  if (config.kind === 'kl') {
    return {
      ...common,
      multiple: 2 ** (config.block_out_channels.length - 1),
      encode: (scope, pixels) => klEncoder(scope, config, pixels),
      decode: (scope, latent) => klDecoder(scope, config, latent),
    };
  }
  return {
    ...common,
    multiple: 2 ** (config.encoder_block_out_channels.length - 1),
    encode: (scope, pixels) => ({ mean: tinyEncoder(scope, config, pixels) }),
    decode: (scope, latent) => tinyDecoder(scope, config, latent),
  };
}
