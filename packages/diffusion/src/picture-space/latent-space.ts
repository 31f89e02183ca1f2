import { add, exp, maximum, minimum, mul, sub } from '@rewardedit/graph';
import type { Autoencoder } from '@rewardedit/models';
import { linearPreview } from './linear-preview.ts';
import type { PictureSpace } from './picture-space.ts';

/** Bounds of the log variance, as in diffusers' `DiagonalGaussianDistribution`. */
const LOG_VARIANCE = { least: -30, most: 20 };

/** Returns the space of an autoencoder's latents. */
export function latentSpace(autoencoder: Autoencoder): PictureSpace {
  const { channels, multiple, scale, shift } = autoencoder;
  return {
    kind: 'latents',
    channels,
    multiple,
    encode: (scope, pixels) => {
      const { mean, logVariance } = autoencoder.encode(scope, pixels);
      if (!logVariance) return { mode: mean, sample: () => mul(sub(mean, shift), scale) };
      const bounded = minimum(maximum(logVariance, LOG_VARIANCE.least), LOG_VARIANCE.most);
      const deviation = exp(mul(bounded, 0.5));
      return {
        mode: mean,
        sample: (noise) => mul(sub(add(mean, mul(deviation, noise)), shift), scale),
      };
    },
    decode: (scope, sample) => autoencoder.decode(scope, add(mul(sample, 1 / scale), shift)),
    preview: ({ picture, mode }) =>
      linearPreview(
        picture,
        mode.map((value) => (value - shift) * scale),
        multiple,
      ),
  };
}
