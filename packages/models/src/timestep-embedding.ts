import { scoreEmbedding } from '@rewardedit/core';
import type { Tensor } from '@rewardedit/graph';
import { ACTIVATIONS, type ActivationName } from './activations.ts';
import { linear } from './layers.ts';
import type { Initialization, Scope } from './parameters.ts';
import type { UNetConfig } from './unet-config.ts';

/**
 * Returns the sinusoids of timesteps, [n, block_out_channels[0]] flat: the U-Net's input `time_proj`.
 *
 * They are computed on the host because they are tiny and their rounding matters: PyTorch evaluates them in float32, and a backend's own
 * sine, or double precision, changes the U-Net's output by several 1e-6.
 */
export function timestepSinusoids(config: UNetConfig, timesteps: ArrayLike<number>): Float32Array {
  return scoreEmbedding(timesteps, config.block_out_channels[0], {
    flipSinToCos: config.flip_sin_to_cos,
    freqShift: config.freq_shift,
  });
}

/** An MLP from sinusoids [B, I] to an embedding [B, width] (diffusers' `TimestepEmbedding`). */
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
