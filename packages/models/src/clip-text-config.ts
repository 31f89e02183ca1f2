import { z } from 'zod';
import { depth, parseConfig } from './config-errors.ts';

const count = z.number().int().positive();
const id = z.number().int().nonnegative();

/** The configuration of transformers' `CLIPTextModel` in `text_encoder/config.json`, with its defaults. */
const clipTextConfigSchema = z
  .object({
    vocab_size: count.default(49408),
    hidden_size: count.default(512),
    intermediate_size: count.default(2048),
    num_hidden_layers: depth.default(12),
    num_attention_heads: count.default(8),
    max_position_embeddings: count.default(77),
    hidden_act: z.enum(['quick_gelu', 'gelu']).default('quick_gelu'),
    layer_norm_eps: z.number().positive().default(1e-5),
    /** 2 means the rule of old checkpoints, see `pooledPositions`. */
    eos_token_id: id.default(49407),
    bos_token_id: id.nullable().default(49406),
    pad_token_id: id.nullable().default(1),
    projection_dim: count.default(512),
  })
  .refine((config) => config.hidden_size % config.num_attention_heads === 0, {
    path: ['num_attention_heads'],
    error: 'hidden_size is not divisible by it',
  });

export type ClipTextConfig = z.output<typeof clipTextConfigSchema>;

/**
 * Validates a configuration read from JSON. Unknown keys are ignored: transformers writes many that do not affect the network.
 *
 * @param where file name for messages.
 * @throws RewardEditError 'bad-input' naming each invalid key, its value and what is supported.
 */
export function parseClipTextConfig(value: unknown, where = 'text_encoder/config.json'): ClipTextConfig {
  return parseConfig(clipTextConfigSchema, value, where, { unknownKeys: 'drop' });
}
