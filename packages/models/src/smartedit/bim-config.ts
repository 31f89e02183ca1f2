import { z } from 'zod';
import { parseConfig, supportsOnly } from '../config-errors.ts';

const count = z.number().int().positive();

/** SmartEdit's bidirectional interaction module. No file of the published checkpoints says this; the defaults are what `init_BIM_module` builds. */
export const bimConfigSchema = z
  .object({
    /** Width inside, which is that of the image features. */
    width: count.default(1024),
    /** Width of the Q-Former's output and of the U-Net's context. */
    context_width: count.default(768),
    depth: count.default(2),
    heads: count.default(8),
    mlp_width: count.default(2048),
    /** Cross-attention is as many times narrower inside. */
    attention_downsample_rate: count.default(2),
    /** Channels of the feature map: those of the U-Net's first level. */
    map_channels: count.default(320),
    /** Share of the projected tokens in the context. */
    context_scale: z.number().default(0.5),
    layer_norm_eps: supportsOnly(1e-5).default(1e-5),
  })
  .refine((config) => config.width % (config.attention_downsample_rate * config.heads) === 0, {
    path: ['heads'],
    error: 'width / attention_downsample_rate cannot be cut into as many heads',
  });

export type BimConfig = z.output<typeof bimConfigSchema>;

/**
 * Checks a configuration as it was read from JSON; unknown keys are left out.
 *
 * @throws RewardEditError 'bad-input' that names each key, its value and what is supported.
 */
export function parseBimConfig(value: unknown, where: string): BimConfig {
  return parseConfig(bimConfigSchema, value, where, { unknownKeys: 'drop' });
}
