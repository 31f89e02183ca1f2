import { UNET_TINY } from '@rewardedit/models/testing';

/** A U-Net and the batch it is timed with. */
export interface Net {
  readonly batch: number;
  /** Width and height of the sample. */
  readonly size: number;
  /** Tokens of the text it attends to. */
  readonly tokens: number;
  readonly config: Readonly<Record<string, unknown>>;
}

/**
 * Stable Diffusion 1.5's U-Net for editing, whose input is the noisy latent concatenated with the picture's.
 */
const STABLE_DIFFUSION = {
  in_channels: 8,
  out_channels: 4,
  block_out_channels: [320, 640, 1280, 1280],
  layers_per_block: 2,
  down_block_types: ['CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'DownBlock2D'],
  up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D'],
  attention_head_dim: 8,
  cross_attention_dim: 768,
  norm_num_groups: 32,
};

export const NETS = {
  /** The smallest net with every kind of layer, to try the benches on a processor. */
  smallest: {
    batch: 1,
    size: 8,
    tokens: 3,
    config: {
      in_channels: 8,
      out_channels: 4,
      block_out_channels: [8, 16],
      layers_per_block: 1,
      down_block_types: ['CrossAttnDownBlock2D', 'DownBlock2D'],
      up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D'],
      attention_head_dim: 2,
      cross_attention_dim: 8,
      norm_num_groups: 4,
    },
  },
  'unet-tiny': { batch: 8, size: 16, tokens: 7, config: UNET_TINY },
  /** 24 million parameters. */
  middle: {
    batch: 4,
    size: 32,
    tokens: 77,
    config: {
      in_channels: 8,
      out_channels: 4,
      block_out_channels: [64, 128, 256],
      layers_per_block: 2,
      down_block_types: ['DownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D'],
      up_block_types: ['CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'UpBlock2D'],
      attention_head_dim: 8,
      cross_attention_dim: 128,
      norm_num_groups: 32,
    },
  },
  /** One guidance branch at 512 pixels. */
  'sd15 at batch 1': { batch: 1, size: 64, tokens: 77, config: STABLE_DIFFUSION },
  /** One sampling step with guidance by text and picture, at 512 pixels. */
  sd15: { batch: 3, size: 64, tokens: 77, config: STABLE_DIFFUSION },
  /** A training step at 256 pixels. */
  'sd15 at 256': { batch: 4, size: 32, tokens: 77, config: STABLE_DIFFUSION },
} satisfies Readonly<Record<string, Net>>;

export type NetName = keyof typeof NETS;

/** Nets of the same model, by its name. */
export const CONFIGS: Readonly<Record<string, readonly NetName[]>> = { sd15: ['sd15 at batch 1', 'sd15'] };
