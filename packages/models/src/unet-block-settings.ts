import type { ResnetSettings } from './resnet.ts';
import type { BlockSettings, DownBlockSettings } from './unet-blocks.ts';
import { unetLevels, type UNetConfig, type UNetLevel } from './unet-config.ts';

/** The blocks of a U-Net in the order of the forward pass. */
export interface UNetBlocks {
  readonly down: readonly DownBlockSettings[];
  readonly mid: BlockSettings | undefined;
  readonly up: readonly BlockSettings[];
}

/** Resolves a configuration to the settings of each block. */
export function unetBlocks(config: UNetConfig): UNetBlocks {
  const levels = unetLevels(config);
  const lowest = levels[levels.length - 1];
  return {
    down: levels.map((level, i) => ({
      ...commonSettings(config, level, level.layers),
      ...(config.down_block_types[i] === 'CrossAttnDownBlock2D' &&
        transformers(config, level, level.transformerLayersDown)),
      downsample: level !== lowest,
      downsamplePadding: config.downsample_padding,
    })),
    mid: config.mid_block_type
      ? {
          ...commonSettings(config, lowest, 1, config.mid_block_scale_factor),
          // The middle block has self-attention even if its level has cross-attention only.
          ...(config.mid_block_type === 'UNetMidBlock2DCrossAttn' &&
            transformers(config, { ...lowest, onlyCrossAttention: false }, lowest.transformerLayersDown)),
        }
      : undefined,
    // One more layer than on the way down, for the skip connection from the downsampling or `conv_in`.
    up: levels.toReversed().map((level, i) => ({
      ...commonSettings(config, level, level.layers + 1),
      ...(config.up_block_types[i] === 'CrossAttnUpBlock2D' &&
        transformers(config, level, level.transformerLayersUp)),
    })),
  };
}

function commonSettings(
  config: UNetConfig,
  { channels }: UNetLevel,
  layers: number,
  outputScale = 1,
): BlockSettings {
  const resnet: ResnetSettings = {
    groups: config.norm_num_groups,
    epsilon: config.norm_eps,
    activation: config.act_fn,
    timeScaleShift: config.resnet_time_scale_shift,
    outputScale,
  };
  return { channels, layers, resnet };
}

function transformers(
  config: UNetConfig,
  { heads, onlyCrossAttention }: UNetLevel,
  layersAt: (layer: number) => number,
): Pick<BlockSettings, 'transformer'> {
  return {
    transformer: (layer) => ({
      heads,
      layers: layersAt(layer),
      groups: config.norm_num_groups,
      linearProjection: config.use_linear_projection,
      onlyCrossAttention,
    }),
  };
}
