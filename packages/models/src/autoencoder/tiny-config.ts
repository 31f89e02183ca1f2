import { z } from 'zod';
import { depth, levels, supportsOnly } from '../config-errors.ts';

const count = z.number().int().positive();
const counts = levels(count);
const depths = levels(depth);

/**
 * The configuration of diffusers' `AutoencoderTiny`, with its defaults, and an option of our own, `pool_branches`, for TAEF2, which
 * diffusers does not have.
 */
export const tinyConfigSchema = z
  .object({
    in_channels: supportsOnly(3).default(3),
    out_channels: supportsOnly(3).default(3),
    /** Channels of each level; a convolution between two of them keeps them, so they are all alike. */
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
    /** Blocks at the lowest resolution have a branch with a group norm, which sees the whole picture. */
    pool_branches: z.boolean().default(false),

    // What 8-bit pictures of latents would hold, which are not made here; and another name of the channels.
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
      if (new Set(channels).size > 1) fail(`${part}_block_out_channels`, 'all levels must be of one width');
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
