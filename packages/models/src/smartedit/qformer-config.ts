import { z } from 'zod';
import { depth, parseConfig, supportsOnly } from '../config-errors.ts';

const count = z.number().int().positive();

/**
 * SmartEdit's Q-Former. No file of the published checkpoints says this; the defaults are what `init_sd_qformer` builds, but for
 * the width of the language model, 4096 (7B) or 5120 (13B).
 */
export const qformerConfigSchema = z
  .object({
    hidden_size: count.default(768),
    num_attention_heads: count.default(12),
    num_hidden_layers: depth.default(6),
    intermediate_size: count.default(3072),
    /** Every layer whose index is a multiple of this one looks at the language model's states. */
    cross_attention_freq: count.default(2),
    /** Learned queries, and with them tokens of the U-Net's context. */
    query_length: count.default(77),
    /** Width of the language model's states. */
    encoder_width: count,
    hidden_act: supportsOnly('gelu').default('gelu'),
    layer_norm_eps: supportsOnly(1e-12).default(1e-12),
  })
  .refine((config) => config.hidden_size % config.num_attention_heads === 0, {
    path: ['num_attention_heads'],
    error: 'hidden_size cannot be cut into as many heads',
  });

export type QFormerConfig = z.output<typeof qformerConfigSchema>;

/**
 * Checks a configuration as it was read from JSON; unknown keys, such as the original's dropout, are left out.
 *
 * @throws RewardEditError 'bad-input' that names each key, its value and what is supported.
 */
export function parseQFormerConfig(value: unknown, where: string): QFormerConfig {
  return parseConfig(qformerConfigSchema, value, where, { unknownKeys: 'drop' });
}
