import { scoreEmbedding } from '@rewardedit/core';
import type { Tensor } from '@rewardedit/graph';
import { ACTIVATIONS, type ActivationName } from './activations.ts';
import { linear } from './layers.ts';
import type { Initialization, Scope } from './parameters.ts';
import type { UNetConfig } from './unet-config.ts';

/**
 * The sinusoids of some timesteps, [n, block_out_channels[0]] flat: the U-Net's input `time_proj`.
 *
 * They are computed here and not in the graph because they are tiny, and because their rounding matters: PyTorch evaluates
 * them in float32, and a backend's own sine or a double-precision one moves the U-Net's output by several 1e-6.
 */
export function timestepSinusoids(config: UNetConfig, timesteps: ArrayLike<number>): Float32Array {
  return scoreEmbedding(timesteps, config.block_out_channels[0], {
    flipSinToCos: config.flip_sin_to_cos,
    freqShift: config.freq_shift,
  });
}

/** Two linear layers with an activation between them: sinusoids [B, I] become an embedding [B, width] (diffusers' `TimestepEmbedding`). */
export function timestepEmbedding(
  scope: Scope,
  x: Tensor,
  width: number,
  {
    activation = 'silu',
    lastInitialization,
  }: { activation?: ActivationName; lastInitialization?: Initialization | undefined } = {},
): Tensor {
  const hidden = ACTIVATIONS[activation](linear(scope.at('linear_1'), x, width));
  return scope.trace(linear(scope.at('linear_2'), hidden, width, { initialization: lastInitialization }));
}
