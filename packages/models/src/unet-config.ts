import { z } from 'zod';
import { ACTIVATIONS, type ActivationName } from './activations.ts';
import { depth, levels, parseConfig, supportsOnly } from './config-errors.ts';
import { rewardConfigSchema } from './reward-config.ts';

const count = z.number().int().positive();
const activation = z.enum(Object.keys(ACTIVATIONS) as ActivationName[]);
const odd = z
  .number()
  .int()
  .positive()
  .refine((size) => size % 2 === 1, 'only odd sizes preserve height and width');

/** One value for all levels, or a list with one per level. */
function perLevel<T extends z.ZodType>(one: T, what: string) {
  return z.union([one, levels(one)], { error: `expected ${what}, or a list with one per level` });
}

const layerCounts = z.union([depth, levels(depth)], {
  error: 'expected a positive whole number, or a list with one per layer of the level',
});

/**
 * The configuration of diffusers' `UNet2DConditionModel` in `unet/config.json`, with its defaults, and the extension `reward`. Options that
 * would change the network and are not implemented are refused by name.
 */
const unetConfigSchema = z
  .object({
    sample_size: z
      .union([count, z.tuple([count, count])])
      .nullable()
      .default(null),
    in_channels: count.default(4),
    out_channels: count.default(4),
    /** Rescales the sample x to 2 x - 1. */
    center_input_sample: z.boolean().default(false),
    /** Puts the cosines first in the timestep's sinusoids. */
    flip_sin_to_cos: z.boolean().default(true),
    freq_shift: z.number().default(0),
    down_block_types: z
      .array(z.enum(['DownBlock2D', 'CrossAttnDownBlock2D']))
      .nonempty()
      .default(['CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'DownBlock2D']),
    mid_block_type: z
      .enum(['UNetMidBlock2DCrossAttn', 'UNetMidBlock2D'])
      .nullable()
      .default('UNetMidBlock2DCrossAttn'),
    up_block_types: z
      .array(z.enum(['UpBlock2D', 'CrossAttnUpBlock2D']))
      .nonempty()
      .default(['UpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D']),
    only_cross_attention: perLevel(z.boolean(), 'true or false').default(false),
    block_out_channels: levels(count).default([320, 640, 1280, 1280]),
    layers_per_block: perLevel(depth, 'a positive whole number up to 256').default(2),
    downsample_padding: z
      .union([z.literal(0), z.literal(1)], { error: 'only 0 and 1 are supported' })
      .default(1),
    mid_block_scale_factor: z.number().positive().default(1),
    dropout: supportsOnly(0, 'dropout is not applied').default(0),
    act_fn: activation.default('silu'),
    norm_num_groups: count.default(32),
    norm_eps: z.number().positive().default(1e-5),
    cross_attention_dim: perLevel(count, 'a positive whole number').default(1280),
    /** Transformer blocks per attention: for all levels, per level, or per layer of each level. */
    transformer_layers_per_block: z
      .union([depth, levels(layerCounts)], { error: 'expected a positive whole number up to 256, or a list' })
      .default(1),
    /** The same for the way up, if it is not the reverse of the way down. */
    reverse_transformer_layers_per_block: levels(layerCounts).nullable().default(null),
    /** The NUMBER of heads despite its name, which diffusers keeps for old checkpoints. */
    attention_head_dim: perLevel(count, 'a positive whole number').default(8),
    /** The number of heads; `attention_head_dim` if null. */
    num_attention_heads: perLevel(count, 'a positive whole number').nullable().default(null),
    use_linear_projection: z.boolean().default(false),
    class_embed_type: z.enum(['projection', 'simple_projection']).nullable().default(null),
    projection_class_embeddings_input_dim: count.nullable().default(null),
    resnet_time_scale_shift: z.enum(['default', 'scale_shift']).default('default'),
    time_embedding_dim: count.nullable().default(null),
    time_embedding_act_fn: activation.nullable().default(null),
    timestep_post_act: activation.nullable().default(null),
    conv_in_kernel: odd.default(3),
    conv_out_kernel: odd.default(3),

    dual_cross_attention: supportsOnly(false).default(false),
    encoder_hid_dim: supportsOnly(null).default(null),
    encoder_hid_dim_type: supportsOnly(null).default(null),
    addition_embed_type: supportsOnly(null).default(null),
    num_class_embeds: supportsOnly(null).default(null),
    class_embeddings_concat: supportsOnly(false).default(false),
    time_embedding_type: supportsOnly('positional').default('positional'),
    time_cond_proj_dim: supportsOnly(null).default(null),
    attention_type: supportsOnly('default').default('default'),
    cross_attention_norm: supportsOnly(null).default(null),

    // No effect on the block types above, in diffusers either: any value is accepted.
    upcast_attention: z.boolean().nullable().default(false),
    resnet_skip_time_act: z.boolean().default(false),
    resnet_out_scale_factor: z.number().default(1),
    mid_block_only_cross_attention: z.boolean().nullable().default(null),
    addition_time_embed_dim: z.number().nullable().default(null),
    addition_embed_type_num_heads: z.number().default(64),

    reward: rewardConfigSchema.optional(),
  })
  .superRefine((config, context) => {
    for (const [key, message] of contradictions(config))
      context.addIssue({ code: 'custom', path: [key], message });
  });

export type UNetConfig = z.output<typeof unetConfigSchema>;
type Key = keyof UNetConfig;

/** Returns what is wrong with a configuration whose values are valid individually. */
function contradictions(config: z.output<typeof unetConfigSchema>): [Key, string][] {
  const found: [Key, string][] = [];
  const levels = config.block_out_channels.length;
  const lists: Key[] = [
    'down_block_types',
    'up_block_types',
    'only_cross_attention',
    'layers_per_block',
    'cross_attention_dim',
    'transformer_layers_per_block',
    'reverse_transformer_layers_per_block',
    'attention_head_dim',
    'num_attention_heads',
  ];
  for (const key of lists) {
    const value = config[key];
    if (Array.isArray(value) && value.length !== levels)
      found.push([key, `has ${value.length} entries, but block_out_channels has ${levels} levels`]);
  }
  if (found.length > 0) return found;

  for (const { channels, heads, crossAttention } of unetLevels(config)) {
    if (channels % config.norm_num_groups !== 0)
      found.push([
        'norm_num_groups',
        `${channels} channels cannot be divided into ${config.norm_num_groups} groups`,
      ]);
    if (crossAttention && channels % heads !== 0)
      found.push(['attention_head_dim', `${channels} channels cannot be divided into ${heads} heads`]);
  }
  const [first] = config.block_out_channels;
  if (config.reward && first % config.reward.norm_num_groups !== 0)
    found.push([
      'reward',
      `${first} channels cannot be divided into ${config.reward.norm_num_groups} groups`,
    ]);
  if (config.reward && first % config.reward.attention_heads !== 0)
    found.push(['reward', `${first} channels cannot be divided into ${config.reward.attention_heads} heads`]);
  if (new Set([config.cross_attention_dim].flat()).size > 1)
    found.push(['cross_attention_dim', 'all levels attend to the same text, so all values must be equal']);
  const nested = config.transformer_layers_per_block;
  if (Array.isArray(nested) && nested.some(Array.isArray) && !config.reverse_transformer_layers_per_block)
    found.push(['reverse_transformer_layers_per_block', 'is required if the way down differs by layer']);
  if (config.class_embed_type && config.projection_class_embeddings_input_dim === null)
    found.push(['projection_class_embeddings_input_dim', `is required by ${config.class_embed_type}`]);
  return found;
}

/** One resolution of the U-Net, highest first. */
export interface UNetLevel {
  readonly channels: number;
  readonly layers: number;
  readonly heads: number;
  readonly onlyCrossAttention: boolean;
  /** Whether the level has cross-attention, on the way down or up. */
  readonly crossAttention: boolean;
  /** Transformer blocks in layer `i` on the way down and on the way up. */
  readonly transformerLayersDown: (i: number) => number;
  readonly transformerLayersUp: (i: number) => number;
}

/** Returns the levels of a configuration, with every value or list resolved. */
export function unetLevels(config: UNetConfig): UNetLevel[] {
  const last = config.block_out_channels.length - 1;
  const at = <T>(value: T | readonly T[], level: number): T =>
    Array.isArray(value) ? (value as readonly T[])[level] : (value as T);
  const { transformer_layers_per_block: down, reverse_transformer_layers_per_block: up } = config;
  return config.block_out_channels.map((channels, level) => ({
    channels,
    layers: at(config.layers_per_block, level),
    heads: at(config.num_attention_heads ?? config.attention_head_dim, level),
    onlyCrossAttention: at(config.only_cross_attention, level),
    crossAttention:
      config.down_block_types[level] === 'CrossAttnDownBlock2D' ||
      config.up_block_types[last - level] === 'CrossAttnUpBlock2D' ||
      (level === last && config.mid_block_type === 'UNetMidBlock2DCrossAttn'),
    transformerLayersDown: (i) => at(Array.isArray(down) ? down[level] : down, i),
    transformerLayersUp: (i) => at(up ? up[last - level] : Array.isArray(down) ? down[level] : down, i),
  }));
}

/** Returns the width of the embedding of time and conditions. */
export function embeddingWidth(config: UNetConfig): number {
  return config.time_embedding_dim ?? 4 * config.block_out_channels[0];
}

/** Returns the width of the text in the cross-attention. */
export function textWidth(config: UNetConfig): number {
  return [config.cross_attention_dim].flat()[0];
}

/**
 * Validates a configuration read from JSON. Ignores keys that begin with `_`, and unknown keys that are null.
 *
 * @param where file name for messages.
 * @throws RewardEditError 'bad-input' naming each invalid key, its value and what is supported.
 */
export function parseUNetConfig(value: unknown, where = 'unet/config.json'): UNetConfig {
  return parseConfig(unetConfigSchema, value, where);
}
