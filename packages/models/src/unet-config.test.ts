import { RewardEditError } from '@rewardedit/core';
import { describe, expect, it } from 'vitest';
import { unetParameters } from './network-parameters.ts';
import { parameterCount } from './parameters.ts';
import { rewardConfigOf, rewardConfigSchema } from './reward-config.ts';
import { parseUNetConfig } from './unet-config.ts';

/** `unet/config.json` of Stable Diffusion 1.5. */
const SD15 = {
  _class_name: 'UNet2DConditionModel',
  _diffusers_version: '0.6.0',
  act_fn: 'silu',
  attention_head_dim: 8,
  block_out_channels: [320, 640, 1280, 1280],
  center_input_sample: false,
  cross_attention_dim: 768,
  down_block_types: ['CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'DownBlock2D'],
  downsample_padding: 1,
  flip_sin_to_cos: true,
  freq_shift: 0,
  in_channels: 4,
  layers_per_block: 2,
  mid_block_scale_factor: 1,
  norm_eps: 1e-5,
  norm_num_groups: 32,
  out_channels: 4,
  sample_size: 64,
  up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D'],
};

function problemOf(value: unknown): string {
  try {
    parseUNetConfig(value);
  } catch (error) {
    if (error instanceof RewardEditError && error.code === 'bad-input') return error.message;
    throw error;
  }
  return 'accepted';
}

describe('Stable Diffusion 1.5', () => {
  it('has 859,520,964 parameters', () => {
    expect(parameterCount(unetParameters(parseUNetConfig(SD15)))).toBe(859_520_964);
  });

  it('has 320 x 4 x 9 more for the source picture of InstructPix2Pix', () => {
    const config = parseUNetConfig({ ...SD15, in_channels: 8 });
    expect(parameterCount(unetParameters(config))).toBe(859_520_964 + 320 * 4 * 9);
  });

  it('has 5,026,880 more with rewards', () => {
    const config = parseUNetConfig({ ...SD15, reward: {} });
    expect(parameterCount(unetParameters(config))).toBe(859_520_964 + 5_026_880);
  });
});

describe('parseUNetConfig', () => {
  it('ignores notes of the library and unknown keys that are null', () => {
    const config = parseUNetConfig({ ...SD15, _name_or_path: 'x', some_new_option: null });
    expect(Object.keys(config).filter((key) => key.startsWith('_') || key === 'some_new_option')).toEqual([]);
  });

  it.each([
    [{ act_fn: 'elu' }, /act_fn is "elu".*"silu".*"mish"/],
    [{ some_new_option: 3 }, /some_new_option is 3: this option is not supported/],
    [{ dual_cross_attention: true }, /dual_cross_attention is true: only false is supported/],
    [{ time_embedding_type: 'fourier' }, /time_embedding_type is "fourier": only "positional"/],
    [{ class_embed_type: 'timestep' }, /class_embed_type is "timestep".*"simple_projection"/],
    [{ addition_embed_type: 'text_time' }, /addition_embed_type is "text_time": only null/],
    [{ down_block_types: ['AttnDownBlock2D'] }, /down_block_types\.0 is "AttnDownBlock2D"/],
    [{ mid_block_type: 'UNetMidBlock2DSimpleCrossAttn' }, /mid_block_type is .*"UNetMidBlock2D"/],
    [{ dropout: 0.1 }, /dropout is 0\.1: only 0 is supported/],
    [{ downsample_padding: 2 }, /downsample_padding is 2/],
    [{ norm_num_groups: null }, /norm_num_groups is null/],
    [{ conv_in_kernel: 4 }, /conv_in_kernel is 4: only odd/],
    [{ layers_per_block: [2, 2] }, /layers_per_block is \[2,2\]: has 2 entries.*4 levels/],
    [{ norm_num_groups: 48 }, /320 channels cannot be divided into 48 groups/],
    [{ attention_head_dim: 7 }, /320 channels cannot be divided into 7 heads/],
    [{ cross_attention_dim: [768, 768, 768, 512] }, /cross_attention_dim .*all values must be equal/],
    [{ class_embed_type: 'projection' }, /projection_class_embeddings_input_dim: .*required by projection/],
    [{ transformer_layers_per_block: [[1, 1], 1, 1, 1] }, /reverse_transformer_layers_per_block/],
    [{ reward: { text_width: 0 } }, /reward\.text_width is 0/],
    [{ reward: { norm_num_groups: 48 } }, /reward is .*320 channels cannot be divided into 48 groups/],
    [{ reward: { attention_heads: 7 } }, /reward is .*320 channels cannot be divided into 7 heads/],
    [{ reward: { unknown: 1 } }, /reward .*unknown/],
  ])('rejects %j and says what is supported', (change, message) => {
    expect(problemOf({ ...SD15, ...change })).toMatch(message);
  });

  it('names every problem', () => {
    expect(problemOf({ ...SD15, act_fn: 1, dropout: 2, foo: 3 })).toMatch(
      /foo.*act_fn.*dropout|foo.*dropout.*act_fn/,
    );
    expect(problemOf([])).toMatch(/not a JSON object/);
  });

  it('prefers num_attention_heads for the number of heads', () => {
    expect(problemOf({ ...SD15, attention_head_dim: 7, num_attention_heads: 10 })).toBe('accepted');
  });
});

describe('rewardConfigOf', () => {
  it('infers the widths from the shapes of weights', () => {
    const reward = rewardConfigSchema.parse({ text_width: 96, score_width: 64 });
    const specs = unetParameters(parseUNetConfig({ ...SD15, reward }));
    expect(rewardConfigOf((name) => specs[name]?.shape)).toEqual(reward);
  });

  it('finds no reward layers in a plain U-Net', () => {
    const specs = unetParameters(parseUNetConfig(SD15));
    expect(rewardConfigOf((name) => specs[name]?.shape)).toBeUndefined();
  });
});
