import { z } from 'zod';
import { ACTIVATIONS, type ActivationName } from '../activations.ts';
import { depth, levels, supportsOnly } from '../config-errors.ts';

const count = z.number().int().positive();

/** The configuration of diffusers' `AutoencoderKL`, with its defaults, which old files leave out. */
export const klConfigSchema = z
  .object({
    in_channels: supportsOnly(3).default(3),
    out_channels: supportsOnly(3).default(3),
    down_block_types: z.array(z.literal('DownEncoderBlock2D')).nonempty().default(['DownEncoderBlock2D']),
    up_block_types: z.array(z.literal('UpDecoderBlock2D')).nonempty().default(['UpDecoderBlock2D']),
    block_out_channels: levels(count).default([64]),
    /** Residual blocks per level of the encoder; the decoder has one more. */
    layers_per_block: depth.default(1),
    act_fn: z.enum(Object.keys(ACTIVATIONS) as ActivationName[]).default('silu'),
    latent_channels: count.default(4),
    norm_num_groups: count.default(32),
    scaling_factor: z.number().positive().default(0.18215),
    shift_factor: z.number().nullable().default(null),
    use_quant_conv: z.boolean().default(true),
    use_post_quant_conv: z.boolean().default(true),
    mid_block_add_attention: z.boolean().default(true),
    latents_mean: supportsOnly(null).default(null),
    latents_std: supportsOnly(null).default(null),

    // No effect on the network: any value is accepted.
    sample_size: z
      .union([count, z.array(count)])
      .nullable()
      .default(32),
    force_upcast: z.boolean().nullable().default(true),
  })
  .superRefine((config, context) => {
    const { length } = config.block_out_channels;
    for (const key of ['down_block_types', 'up_block_types'] as const) {
      if (config[key].length !== length)
        context.addIssue({
          code: 'custom',
          path: [key],
          message: `has ${config[key].length} entries, but block_out_channels has ${length} levels`,
        });
    }
    const uneven = config.block_out_channels.find((channels) => channels % config.norm_num_groups !== 0);
    if (uneven !== undefined)
      context.addIssue({
        code: 'custom',
        path: ['norm_num_groups'],
        message: `${uneven} channels cannot be divided into ${config.norm_num_groups} groups`,
      });
  });

export type KlConfig = { readonly kind: 'kl' } & Readonly<z.output<typeof klConfigSchema>>;
