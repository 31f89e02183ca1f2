import { matmul, reshape, transpose, type Tensor } from '@rewardedit/graph';
import type { Autoencoder, Scope } from '@rewardedit/models';
import { pixelSpace } from './pixel-space.ts';

const CHANNELS = 12;

/** The smallest autoencoder there is: one matrix on squares of 2 x 2 pixels, for the mean, the variance and the way back each. */
export function patchAutoencoder(scale: number, shift = 0): Autoencoder {
  const squares = pixelSpace(2);
  const linear = (scope: Scope, name: string, x: Tensor) => {
    const weight = scope.parameter(name, [CHANNELS, CHANNELS], { kind: 'uniform', bound: 0.3 });
    const [batch, channels, height, width] = x.shape;
    const columns = reshape(transpose(x, [0, 2, 3, 1]), [batch * height * width, channels]);
    return transpose(reshape(matmul(columns, weight), [batch, height, width, channels]), [0, 3, 1, 2]);
  };
  return {
    channels: CHANNELS,
    multiple: 2,
    scale,
    shift,
    encode: (scope, pixels) => {
      const { mode } = squares.encode(scope, pixels);
      return { mean: linear(scope, 'mean', mode), logVariance: linear(scope, 'log_variance', mode) };
    },
    decode: (scope, latent) => squares.decode(scope, linear(scope, 'back', latent)),
  };
}

/** The matrix that changes nothing, times a factor. */
export function identity(factor = 1): Float32Array {
  return Float32Array.from({ length: CHANNELS ** 2 }, (_, i) => (i % (CHANNELS + 1) === 0 ? factor : 0));
}
