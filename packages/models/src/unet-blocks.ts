import { concat, recompute, type Tensor } from '@rewardedit/graph';
import { transformer2d, type TransformerSettings } from './attention.ts';
import { convolution } from './layers.ts';
import type { Scope } from './parameters.ts';
import { resnetBlock, type ResnetSettings } from './resnet.ts';
import { upsampler } from './upsampling.ts';

/** Inputs of every block in a forward pass, apart from the feature map. */
export interface BlockConditions {
  /** Embedding of time and conditions, [B, E]. */
  readonly embedding: Tensor;
  /** Context of the cross-attention, [B, M, D]. */
  readonly encoderHiddenStates: Tensor;
  /** Recomputes each residual block and transformer in the backward pass, to save memory. */
  readonly recompute: boolean;
}

export interface BlockSettings {
  readonly channels: number;
  readonly layers: number;
  readonly resnet: ResnetSettings;
  /** The transformer after residual block `layer`; undefined for a block without attention (`DownBlock2D`, `UpBlock2D`). */
  readonly transformer?: ((layer: number) => TransformerSettings) | undefined;
}

export interface DownBlockSettings extends BlockSettings {
  /** Whether the block ends with a downsampling by two. */
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

/** Residual block number `layer`, and its transformer if the block has attention. */
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
 * @returns the output, downsampled by two if `downsample`, and the skip connections: the output of every layer and of the downsampling.
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
    // With padding 0, diffusers pads one row and column at the bottom and right.
    const padding = block.downsamplePadding === 1 ? 1 : ([0, 0, 1, 1] as const);
    h = convolution(place.at('conv'), h, block.channels, { kernel: 3, stride: 2, padding });
    skips.push(place.trace(h));
  }
  return { output: scope.trace(h), skips };
}

/**
 * The middle block: a residual block, and with attention a transformer and another residual block (diffusers' `UNetMidBlock2D`,
 * `UNetMidBlock2DCrossAttn`).
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
 * One level on the way up (diffusers' `UpBlock2D`, `CrossAttnUpBlock2D`): the input of every layer is concatenated with a skip connection, the
 * last of `skips` first.
 *
 * @param upsampleTo height and width of the next level; undefined for the last.
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
