import { add, mul, reshape, split, type Tensor } from '@rewardedit/graph';
import { ACTIVATIONS, type ActivationName } from './activations.ts';
import { convolution, groupNormalization, linear, modulatedGroupNormalization } from './layers.ts';
import type { Scope } from './parameters.ts';

export interface ResnetSettings {
  readonly groups: number;
  readonly epsilon: number;
  readonly activation: ActivationName;
  /**
   * How the embedding enters between the two convolutions: `default` adds it before the second norm, `scale_shift` scales and shifts the
   * normalized values (FiLM, Perez et al., arXiv 1709.07871).
   */
  readonly timeScaleShift: 'default' | 'scale_shift';
  /** Divisor of the residual sum. */
  readonly outputScale: number;
}

/**
 * A residual block: norm, activation and convolution, twice. x [B, C, H, W] and the embedding of time and conditions [B, E], if any, to
 * [B, channels, H, W] (diffusers' `ResnetBlock2D`).
 */
export function resnetBlock(
  scope: Scope,
  x: Tensor,
  embedding: Tensor | undefined,
  channels: number,
  { groups, epsilon, activation, timeScaleShift, outputScale }: ResnetSettings,
): Tensor {
  const activate = ACTIVATIONS[activation];
  const norm = (name: string, h: Tensor) => groupNormalization(scope.at(name), h, groups, epsilon);
  const convolve = (name: string, h: Tensor) =>
    convolution(scope.at(name), h, channels, { kernel: 3, padding: 1 });
  const condition = (given: Tensor, width: number) =>
    linear(scope.at('time_emb_proj'), activate(given), width);

  let h = convolve('conv1', activate(norm('norm1', x)));
  if (!embedding) {
    h = norm('norm2', h);
  } else if (timeScaleShift === 'default') {
    h = norm('norm2', add(h, reshape(condition(embedding, channels), [x.shape[0], channels, 1, 1])));
  } else {
    const [scale, shift] = split(condition(embedding, 2 * channels), 2, 1);
    h = modulatedGroupNormalization(scope.at('norm2'), h, { groups, epsilon, scale: add(scale, 1), shift });
  }
  h = convolve('conv2', activate(h));

  const shortcut =
    x.shape[1] === channels ? x : convolution(scope.at('conv_shortcut'), x, channels, { kernel: 1 });
  const sum = add(shortcut, h);
  return scope.trace(outputScale === 1 ? sum : mul(sum, 1 / outputScale));
}
