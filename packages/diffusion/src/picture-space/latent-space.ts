import { add, exp, maximum, minimum, mul, type Tensor } from '@rewardedit/graph';
import type { Scope } from '@rewardedit/models';
import { linearPreview } from './linear-preview.ts';
import type { PictureSpace } from './picture-space.ts';

/** A variational autoencoder of pictures. */
export interface Autoencoder {
  /** Channels of a latent. */
  readonly channels: number;
  /** Pixels along each side of the square that a position of the latent stands for. */
  readonly multiple: number;
  /** Brings latents to about unit variance (`scaling_factor`; 0.18215 for Stable Diffusion). */
  readonly scale: number;
  /** Mean and logarithm of the variance of a picture's latent, from pixels [B, 3, H, W] between -1 and 1. */
  encode(scope: Scope, pixels: Tensor): { readonly mean: Tensor; readonly logVariance: Tensor };
  /** Pixels from an unscaled latent. */
  decode(scope: Scope, latent: Tensor): Tensor;
}

/** Bounds of the logarithm of a variance, as diffusers' `DiagonalGaussianDistribution` has them. */
const LOG_VARIANCE = { least: -30, most: 20 };

/** The space of an autoencoder's latents. */
export function latentSpace(autoencoder: Autoencoder): PictureSpace {
  const { channels, multiple, scale } = autoencoder;
  return {
    channels,
    multiple,
    encode: (scope, pixels) => {
      const { mean, logVariance } = autoencoder.encode(scope, pixels);
      const bounded = minimum(maximum(logVariance, LOG_VARIANCE.least), LOG_VARIANCE.most);
      const deviation = exp(mul(bounded, 0.5));
      return { mode: mean, sample: (noise) => mul(add(mean, mul(deviation, noise)), scale) };
    },
    decode: (scope, sample) => autoencoder.decode(scope, mul(sample, 1 / scale)),
    preview: ({ picture, mode }) =>
      linearPreview(
        picture,
        mode.map((value) => value * scale),
        multiple,
      ),
  };
}
