import { z } from 'zod';
import { parseConfig, supportsOnly } from '../config-errors.ts';

const count = z.number().int().positive();

/** SmartEdit's bidirectional interaction module. The published checkpoints have no configuration for it; the defaults are those of `init_BIM_module`. */
export const bimConfigSchema = z
  .object({
    /** Inner width, that of the image features. */
    width: count.default(1024),
    /** Width of the Q-Former's output and of the U-Net's context. */
    context_width: count.default(768),
    depth: count.default(2),
    heads: count.default(8),
    mlp_width: count.default(2048),
    /** Factor by which cross-attention is narrower inside. */
    attention_downsample_rate: count.default(2),
    /** Channels of the feature map: those of the U-Net's first level. */
    map_channels: count.default(320),
    /** Weight of the projected tokens in the context. */
    context_scale: z.number().default(0.5),
    layer_norm_eps: supportsOnly(1e-5).default(1e-5),
  })
  .refine((config) => config.width % (config.attention_downsample_rate * config.heads) === 0, {
    path: ['heads'],
    error: 'width / attention_downsample_rate is not divisible by it',
  });

export type BimConfig = z.output<typeof bimConfigSchema>;

/**
 * Validates a configuration read from JSON; unknown keys are ignored.
 *
 * @throws RewardEditError 'bad-input' naming each invalid key, its value and what is supported.
 */
export function parseBimConfig(value: unknown, where: string): BimConfig {
  return parseConfig(bimConfigSchema, value, where, { unknownKeys: 'drop' });
}
