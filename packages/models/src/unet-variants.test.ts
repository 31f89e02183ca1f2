import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { unetParameters } from './network-parameters.ts';
import { createNetwork, parameterCount } from './parameters.ts';
import { UNET_TINY } from './testing/index.ts';
import { parseUNetConfig } from './unet-config.ts';
import { unetInputs } from './unet-inputs.ts';
import { unet } from './unet.ts';

/**
 * What diffusers 0.42.1 builds from the same configurations: how many tensors and numbers, and the beginning of the SHA-256 of
 * all lines "name shape" in order.
 */
const VARIANTS = [
  {
    name: 'linear projection',
    changes: {
      attention_head_dim: [4, 8],
      use_linear_projection: true,
    },
    tensors: 208,
    parameters: 794116,
    digest: 'b37d85a680a719f8',
  },
  {
    name: 'three levels',
    changes: {
      block_out_channels: [16, 32, 48],
      layers_per_block: 2,
      down_block_types: ['CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'DownBlock2D'],
      up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D'],
      attention_head_dim: [2, 4, 6],
    },
    tensors: 496,
    parameters: 798148,
    digest: '477473d1e66dd5e7',
  },
  {
    name: 'odd size',
    changes: {
      block_out_channels: [16, 32, 48],
      down_block_types: ['CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'DownBlock2D'],
      up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D'],
      attention_head_dim: 4,
    },
    tensors: 326,
    parameters: 556420,
    digest: '495eec28c2f0e5a4',
  },
  {
    name: 'odd size padding 0',
    changes: {
      block_out_channels: [16, 32, 48],
      down_block_types: ['DownBlock2D', 'CrossAttnDownBlock2D', 'DownBlock2D'],
      up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D', 'UpBlock2D'],
      attention_head_dim: 4,
      downsample_padding: 0,
    },
    tensors: 248,
    parameters: 536980,
    digest: '051f8c631a730d03',
  },
  {
    name: 'scale shift',
    changes: {
      resnet_time_scale_shift: 'scale_shift',
      act_fn: 'mish',
      time_embedding_dim: 96,
      time_embedding_act_fn: 'gelu',
      timestep_post_act: 'silu',
    },
    tensors: 208,
    parameters: 812900,
    digest: 'c3be427ec8e120e8',
  },
  {
    name: 'layers 2',
    changes: {
      layers_per_block: [2, 1],
      mid_block_scale_factor: 1.5,
      norm_eps: 0.0001,
    },
    tensors: 282,
    parameters: 897380,
    digest: '09c85d8975d74422',
  },
  {
    name: 'simple projection',
    changes: {
      class_embed_type: 'simple_projection',
      projection_class_embeddings_input_dim: 20,
      center_input_sample: true,
      flip_sin_to_cos: false,
      freq_shift: 1,
    },
    tensors: 210,
    parameters: 796804,
    digest: '385b15a6e711872a',
  },
  {
    name: 'projection',
    changes: {
      class_embed_type: 'projection',
      projection_class_embeddings_input_dim: 24,
      act_fn: 'gelu',
      conv_in_kernel: 5,
      conv_out_kernel: 1,
    },
    tensors: 212,
    parameters: 816900,
    digest: 'c9b79fe6bfa7b7e2',
  },
  {
    name: 'transformer layers 2',
    changes: {
      transformer_layers_per_block: 2,
      only_cross_attention: true,
    },
    tensors: 288,
    parameters: 936100,
    digest: '5415a3072ee6419c',
  },
  {
    name: 'transformer layers list',
    changes: {
      block_out_channels: [16, 32, 32],
      down_block_types: ['DownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D'],
      up_block_types: ['CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'UpBlock2D'],
      attention_head_dim: 2,
      transformer_layers_per_block: [1, 2, 3],
      only_cross_attention: [false, true, false],
      upcast_attention: true,
    },
    tensors: 544,
    parameters: 658132,
    digest: '5a4b7a74b2d25919',
  },
  {
    name: 'no mid',
    changes: {
      mid_block_type: null,
      act_fn: 'swish',
    },
    tensors: 162,
    parameters: 542020,
    digest: '0aa0281d4addaabb',
  },
  {
    name: 'plain mid',
    changes: {
      mid_block_type: 'UNetMidBlock2D',
      mid_block_scale_factor: 2.0,
      act_fn: 'relu',
    },
    tensors: 172,
    parameters: 624388,
    digest: 'c4b9dcdb862284d1',
  },
  {
    name: 'nested layers',
    changes: {
      layers_per_block: 2,
      transformer_layers_per_block: [
        [1, 2],
        [1, 1],
      ],
      reverse_transformer_layers_per_block: [
        [1, 1, 1],
        [2, 1, 1],
      ],
    },
    tensors: 344,
    parameters: 1149412,
    digest: 'a9c083bb6d35e48a',
  },
  {
    name: 'four levels',
    changes: {
      block_out_channels: [16, 16, 32, 32],
      layers_per_block: 2,
      down_block_types: [
        'CrossAttnDownBlock2D',
        'CrossAttnDownBlock2D',
        'CrossAttnDownBlock2D',
        'DownBlock2D',
      ],
      up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D'],
      attention_head_dim: [2, 4, 4, 8],
      cross_attention_dim: 24,
      use_linear_projection: true,
    },
    tensors: 684,
    parameters: 624676,
    digest: 'f968c348d3d8066d',
  },
  {
    name: 'one level',
    changes: {
      block_out_channels: [32],
      down_block_types: ['CrossAttnDownBlock2D'],
      up_block_types: ['CrossAttnUpBlock2D'],
    },
    tensors: 168,
    parameters: 253572,
    digest: '9f1b430740aebf10',
  },
];

describe('parameter names and shapes equal those of diffusers', () => {
  it.each(VARIANTS)('$name', ({ changes, tensors, parameters, digest }) => {
    const specs = unetParameters(parseUNetConfig({ ...UNET_TINY, ...changes }));
    const lines = Object.entries(specs)
      .map(([name, { shape }]) => `${name} ${shape.join('x')}\n`)
      .toSorted();
    expect(lines).toHaveLength(tensors);
    expect(parameterCount(specs)).toBe(parameters);
    expect(createHash('sha256').update(lines.join('')).digest('hex').slice(0, 16)).toBe(digest);
  });
});

describe('pictures keep their size, even if it cannot be halved evenly', () => {
  const sizes = [
    [1, 8, 8],
    [2, 13, 18],
    [3, 7, 5],
    [1, 1, 1],
    [2, 9, 16],
  ] as const;
  it.each(VARIANTS)('$name', ({ changes }) => {
    const config = parseUNetConfig({ ...UNET_TINY, ...changes });
    for (const [batch, height, width] of sizes) {
      // Without padding, a picture of one row has nothing left to halve.
      if (config.downsample_padding === 0 && height === 1) continue;
      const inputs = unetInputs(config, { batch, height, width, tokens: 3 });
      const output = unet(createNetwork().scope, config, inputs);
      expect(output.shape).toEqual([batch, 4, height, width]);
    }
  });
});
