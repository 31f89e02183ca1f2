import { unetLevels, type UNetConfig } from '../unet-config.ts';
import { renamer, type Renaming } from './renaming.ts';

/** Parts of a residual block. */
const RESNET: Renaming = [
  ['norm1', 'in_layers.0'],
  ['conv1', 'in_layers.2'],
  ['time_emb_proj', 'emb_layers.1'],
  ['norm2', 'out_layers.0'],
  ['conv2', 'out_layers.3'],
  ['conv_shortcut', 'skip_connection'],
];

/**
 * Returns a function from diffusers' names of a U-Net's weights to those of Stable Diffusion's original code. There, blocks are numbered
 * across levels, a downsampling is a separate block, and an upsampling is the last part of the preceding block.
 */
export function originalUNetNames(config: UNetConfig): (name: string) => string {
  const levels = unetLevels(config);
  // Number of blocks before each level: after `conv_in` on the way down, and on the way up.
  const starts = (layers: readonly number[]) =>
    layers.map((_, level) => layers.slice(0, level).reduce((sum, count) => sum + count, 0));
  const down = starts(levels.map(({ layers }) => layers + 1)).map((start) => start + 1);
  const upLayers = levels.toReversed().map(({ layers }) => layers + 1);
  const up = starts(upLayers);
  const places: Renaming = [
    ['time_embedding.linear_1', 'time_embed.0'],
    ['time_embedding.linear_2', 'time_embed.2'],
    ['conv_in', 'input_blocks.0.0'],
    ['conv_norm_out', 'out.0'],
    ['conv_out', 'out.2'],
    ['down_blocks.#.resnets.#', (level, layer) => `input_blocks.${down[level] + layer}.0`],
    ['down_blocks.#.attentions.#', (level, layer) => `input_blocks.${down[level] + layer}.1`],
    [
      'down_blocks.#.downsamplers.0.conv',
      (level) => `input_blocks.${down[level] + levels[level].layers}.0.op`,
    ],
    ['mid_block.resnets.#', (layer) => `middle_block.${2 * layer}`],
    ['mid_block.attentions.0', 'middle_block.1'],
    ['up_blocks.#.resnets.#', (level, layer) => `output_blocks.${up[level] + layer}.0`],
    ['up_blocks.#.attentions.#', (level, layer) => `output_blocks.${up[level] + layer}.1`],
    [
      'up_blocks.#.upsamplers.0.conv',
      (level) =>
        `output_blocks.${up[level] + upLayers[level] - 1}.${config.up_block_types[level] === 'CrossAttnUpBlock2D' ? 2 : 1}.conv`,
    ],
  ];
  return renamer(places, RESNET);
}
