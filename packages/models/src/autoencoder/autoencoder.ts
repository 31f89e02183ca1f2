import type { Tensor } from '@rewardedit/graph';
import type { Scope } from '../parameters.ts';
import type { AutoencoderConfig } from './config.ts';
import { klDecoder, klEncoder } from './kl.ts';
import { tinyDecoder, tinyEncoder } from './tiny.ts';

/** Encodes pictures as latents and decodes them, as graphs. */
export interface Autoencoder {
  /** Channels of a latent. */
  readonly channels: number;
  /** Pixels per latent position, along each side. */
  readonly multiple: number;
  /** Factor that scales latents to about unit variance (`scaling_factor`; 0.18215 for Stable Diffusion). */
  readonly scale: number;
  /** Subtracted from latents before scaling (`shift_factor`). */
  readonly shift: number;
  /** Returns the mean of the latent, and its log variance if the autoencoder is variational, from pixels [B, 3, H, W] in [-1, 1]. */
  encode(scope: Scope, pixels: Tensor): { readonly mean: Tensor; readonly logVariance?: Tensor | undefined };
  /** Returns pixels, in [-1, 1] except for overshoot, from an unscaled latent. */
  decode(scope: Scope, latent: Tensor): Tensor;
}

/** Returns the autoencoder of a configuration. */
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
