import { z } from 'zod';
import { depth, parseConfig } from '../config-errors.ts';

const count = z.number().int().positive();

/** The configuration of transformers' `CLIPVisionModel`, with its defaults. */
export const clipVisionConfigSchema = z
  .object({
    hidden_size: count.default(768),
    intermediate_size: count.default(3072),
    num_hidden_layers: depth.default(12),
    num_attention_heads: count.default(12),
    num_channels: count.default(3),
    image_size: count.default(224),
    patch_size: count.default(32),
    hidden_act: z.enum(['quick_gelu', 'gelu']).default('quick_gelu'),
    layer_norm_eps: z.number().positive().default(1e-5),
  })
  .refine((config) => config.hidden_size % config.num_attention_heads === 0, {
    path: ['num_attention_heads'],
    error: 'hidden_size is not divisible by it',
  });

export type ClipVisionConfig = z.output<typeof clipVisionConfigSchema>;

/**
 * Validates a configuration read from JSON; unknown keys, of which transformers writes many, are ignored.
 *
 * @throws RewardEditError 'bad-input' naming each invalid key, its value and what is supported.
 */
export function parseClipVisionConfig(value: unknown, where: string): ClipVisionConfig {
  return parseConfig(clipVisionConfigSchema, value, where, { unknownKeys: 'drop' });
}

/** Returns the number of patches along one side of a picture. */
export function patchesPerSide({ image_size, patch_size }: ClipVisionConfig): number {
  return Math.floor(image_size / patch_size);
}
