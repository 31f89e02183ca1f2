import { z } from 'zod';
import { depth, parseConfig, supportsOnly } from '../config-errors.ts';

const count = z.number().int().positive();

/**
 * SmartEdit's Q-Former. The published checkpoints have no configuration for it; the defaults are those of `init_sd_qformer`, except for the
 * width of the language model, which is 4096 (7B) or 5120 (13B).
 */
export const qformerConfigSchema = z
  .object({
    hidden_size: count.default(768),
    num_attention_heads: count.default(12),
    num_hidden_layers: depth.default(6),
    intermediate_size: count.default(3072),
    /** Layers whose index is a multiple of this have cross-attention to the language model's states. */
    cross_attention_freq: count.default(2),
    /** Number of learned queries, and so of tokens in the U-Net's context. */
    query_length: count.default(77),
    /** Width of the language model's states. */
    encoder_width: count,
    hidden_act: supportsOnly('gelu').default('gelu'),
    layer_norm_eps: supportsOnly(1e-12).default(1e-12),
  })
  .refine((config) => config.hidden_size % config.num_attention_heads === 0, {
    path: ['num_attention_heads'],
    error: 'hidden_size is not divisible by it',
  });

export type QFormerConfig = z.output<typeof qformerConfigSchema>;

/**
 * Validates a configuration read from JSON; unknown keys, such as the original's dropout, are ignored.
 *
 * @throws RewardEditError 'bad-input' naming each invalid key, its value and what is supported.
 */
export function parseQFormerConfig(value: unknown, where: string): QFormerConfig {
  return parseConfig(qformerConfigSchema, value, where, { unknownKeys: 'drop' });
}
