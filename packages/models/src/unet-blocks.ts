import { concat, recompute, type Tensor } from '@rewardedit/graph';
import { transformer2d, type TransformerSettings } from './attention.ts';
import { convolution } from './layers.ts';
import type { Scope } from './parameters.ts';
import { resnetBlock, type ResnetSettings } from './resnet.ts';
import { upsampler } from './upsampling.ts';

/** What every block of one forward pass is given besides the picture. */
export interface BlockConditions {
  /** Embedding of time and conditions, [B, E]. */
  readonly embedding: Tensor;
  /** The text to attend to, [B, M, D]. */
  readonly encoderHiddenStates: Tensor;
  /** Computes the inside of each residual block and transformer again in the backward pass, to save memory. */
  readonly recompute: boolean;
}

export interface BlockSettings {
  readonly channels: number;
  readonly layers: number;
  readonly resnet: ResnetSettings;
  /** The transformer after residual block `layer`; without it the block has no attention (`DownBlock2D`, `UpBlock2D`). */
  readonly transformer?: ((layer: number) => TransformerSettings) | undefined;
}

export interface DownBlockSettings extends BlockSettings {
  /** Whether the block ends by halving height and width. */
  readonly downsample: boolean;
  readonly downsamplePadding: 0 | 1;
}

function resnet(scope: Scope, x: Tensor, block: BlockSettings, given: BlockConditions): Tensor {
  const build = (x: Tensor, embedding: Tensor) =>
    resnetBlock(scope, x, embedding, block.channels, block.resnet);
  if (!given.recompute) return build(x, given.embedding);
  return recompute([x, given.embedding], build);
}

function transformer(scope: Scope, x: Tensor, settings: TransformerSettings, given: BlockConditions): Tensor {
  const build = (x: Tensor, text: Tensor) => transformer2d(scope, x, text, settings);
  if (!given.recompute) return build(x, given.encoderHiddenStates);
  return recompute([x, given.encoderHiddenStates], build);
}

/** Residual block number `layer`, and the transformer behind it where the block has one. */
function layerOf(
  scope: Scope,
  x: Tensor,
  layer: number,
  block: BlockSettings,
  given: BlockConditions,
): Tensor {
  const h = resnet(scope.at('resnets').at(layer), x, block, given);
  if (!block.transformer) return h;
  return transformer(scope.at('attentions').at(layer), h, block.transformer(layer), given);
}

/**
 * One level on the way down (diffusers' `DownBlock2D`, `CrossAttnDownBlock2D`).
 *
 * @returns the output, halved in height and width if `downsample`, and what the way up is handed: the output of every layer,
 * and of the downsampling.
 */
export function downBlock(
  scope: Scope,
  x: Tensor,
  block: DownBlockSettings,
  given: BlockConditions,
): { output: Tensor; skips: Tensor[] } {
  const skips: Tensor[] = [];
  let h = x;
  for (let layer = 0; layer < block.layers; layer++) {
    h = layerOf(scope, h, layer, block, given);
    skips.push(h);
  }
  if (block.downsample) {
    const place = scope.at('downsamplers').at(0);
    // Without padding of its own, the convolution is given one row and column at the far sides.
    const padding = block.downsamplePadding === 1 ? 1 : ([0, 0, 1, 1] as const);
    h = convolution(place.at('conv'), h, block.channels, { kernel: 3, stride: 2, padding });
    skips.push(place.trace(h));
  }
  return { output: scope.trace(h), skips };
}

/**
 * Below the lowest level: a residual block, and where it attends to the text, a transformer and one more
 * (diffusers' `UNetMidBlock2D`, `UNetMidBlock2DCrossAttn`).
 */
export function midBlock(scope: Scope, x: Tensor, block: BlockSettings, given: BlockConditions): Tensor {
  let h = resnet(scope.at('resnets').at(0), x, block, given);
  if (block.transformer) {
    h = transformer(scope.at('attentions').at(0), h, block.transformer(0), given);
    h = resnet(scope.at('resnets').at(1), h, block, given);
  }
  return scope.trace(h);
}

/**
 * One level on the way up (diffusers' `UpBlock2D`, `CrossAttnUpBlock2D`): every layer is given what came before beside what the
 * way down left for it, the last of `skips` first.
 *
 * @param upsampleTo height and width of the next level, none at the last.
 */
export function upBlock(
  scope: Scope,
  x: Tensor,
  skips: readonly Tensor[],
  upsampleTo: readonly number[] | undefined,
  block: BlockSettings,
  given: BlockConditions,
): Tensor {
  let h = x;
  for (let layer = 0; layer < block.layers; layer++) {
    h = layerOf(scope, concat([h, skips[skips.length - 1 - layer]], 1), layer, block, given);
  }
  if (upsampleTo) {
    h = upsampler(scope.at('upsamplers').at(0), h, upsampleTo, block.channels);
  }
  return scope.trace(h);
}
