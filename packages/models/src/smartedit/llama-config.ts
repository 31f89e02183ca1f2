import { z } from 'zod';
import { depth, parseConfig, supportsOnly } from '../config-errors.ts';

const count = z.number().int().positive();

/** The configuration of transformers' `LlamaModel`, with its defaults. */
export const llamaConfigSchema = z
  .object({
    vocab_size: count.default(32000),
    hidden_size: count.default(4096),
    intermediate_size: count.default(11008),
    num_hidden_layers: depth.default(32),
    num_attention_heads: count.default(32),
    /** Grouped-query attention is not implemented. */
    num_key_value_heads: count.nullable().default(null),
    rms_norm_eps: z.number().positive().default(1e-6),
    rope_theta: z.number().positive().default(10_000),
    rope_scaling: supportsOnly(null).default(null),
    attention_bias: supportsOnly(false).default(false),
    mlp_bias: supportsOnly(false).default(false),
    hidden_act: supportsOnly('silu').default('silu'),
  })
  .superRefine((config, context) => {
    const { hidden_size: width, num_attention_heads: heads, num_key_value_heads: shared } = config;
    const reject = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    if (width % (2 * heads) !== 0)
      reject('num_attention_heads', 'hidden_size is not divisible by twice as many heads');
    if (shared !== null && shared !== heads)
      reject('num_key_value_heads', `only num_attention_heads, ${heads}, is supported`);
  });

export type LlamaConfig = z.output<typeof llamaConfigSchema>;

/**
 * Validates a configuration read from JSON; unknown keys, of which transformers writes many, are ignored.
 *
 * @throws RewardEditError 'bad-input' naming each invalid key, its value and what is supported.
 */
export function parseLlamaConfig(value: unknown, where: string): LlamaConfig {
  return parseConfig(llamaConfigSchema, value, where, { unknownKeys: 'drop' });
}
