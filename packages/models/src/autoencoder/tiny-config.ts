import { z } from 'zod';
import { depth, levels, supportsOnly } from '../config-errors.ts';

const count = z.number().int().positive();
const counts = levels(count);
const depths = levels(depth);

/** The configuration of diffusers' `AutoencoderTiny`, with its defaults. `pool_branches` is an extension for TAEF2, which diffusers does not have. */
export const tinyConfigSchema = z
  .object({
    in_channels: supportsOnly(3).default(3),
    out_channels: supportsOnly(3).default(3),
    /** Channels of each level. The convolutions between levels keep them, so all levels have the same width. */
    encoder_block_out_channels: counts.default([64, 64, 64, 64]),
    decoder_block_out_channels: counts.default([64, 64, 64, 64]),
    num_encoder_blocks: depths.default([1, 3, 3, 3]),
    num_decoder_blocks: depths.default([3, 3, 3, 1]),
    act_fn: supportsOnly('relu').default('relu'),
    upsample_fn: supportsOnly('nearest').default('nearest'),
    upsampling_scaling_factor: supportsOnly(2).default(2),
    latent_channels: count.default(4),
    scaling_factor: z.number().positive().default(1),
    shift_factor: z.number().nullable().default(0),
    /** Adds a branch with a group norm, and so a global receptive field, to the blocks at the lowest resolution. */
    pool_branches: z.boolean().default(false),

    // Settings of 8-bit latents, which are not used here, and another name of the channels.
    latent_magnitude: z.number().default(3),
    latent_shift: z.number().default(0.5),
    force_upcast: z.boolean().nullable().default(false),
    block_out_channels: counts.optional(),
  })
  .superRefine((config, context) => {
    const fail = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message });
    for (const part of ['encoder', 'decoder'] as const) {
      const channels = config[`${part}_block_out_channels`];
      const blocks = config[`num_${part}_blocks`];
      if (new Set(channels).size > 1)
        fail(`${part}_block_out_channels`, 'all levels must have the same width');
      if (blocks.length !== channels.length)
        fail(
          `num_${part}_blocks`,
          `has ${blocks.length} entries, but ${part}_block_out_channels has ${channels.length}`,
        );
    }
    if (config.encoder_block_out_channels.length !== config.decoder_block_out_channels.length)
      fail('decoder_block_out_channels', 'must have as many levels as the encoder');
  });

export type TinyConfig = { readonly kind: 'tiny' } & Readonly<z.output<typeof tinyConfigSchema>>;
