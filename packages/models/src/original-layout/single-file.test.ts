import { describe, expect, it } from 'vitest';
import { parseAutoencoderConfig } from '../autoencoder/index.ts';
import { parseClipTextConfig } from '../clip-text-config.ts';
import { parseUNetConfig } from '../unet-config.ts';
import { assertSingleFile, channelsOfSingleFile, singleFileParts } from './index.ts';

/** The configuration of Stable Diffusion 1.5, with InstructPix2Pix' eight channels. */
const SD15 = {
  unet: parseUNetConfig({ in_channels: 8, cross_attention_dim: 768 }),
  autoencoder: parseAutoencoderConfig({
    block_out_channels: [128, 256, 512, 512],
    layers_per_block: 2,
    down_block_types: Array.from({ length: 4 }, () => 'DownEncoderBlock2D'),
    up_block_types: Array.from({ length: 4 }, () => 'UpDecoderBlock2D'),
  }),
  textEncoder: parseClipTextConfig({ hidden_size: 768, num_attention_heads: 12, intermediate_size: 3072 }),
};
const parts = singleFileParts(SD15);

describe("names in Stable Diffusion's original layout", () => {
  // As they stand in `v1-5-pruned.safetensors`, with the configuration of its repository.
  it.each([
    ['unet', 'conv_in.weight', 'model.diffusion_model.input_blocks.0.0.weight'],
    ['unet', 'time_embedding.linear_2.bias', 'model.diffusion_model.time_embed.2.bias'],
    [
      'unet',
      'down_blocks.0.resnets.1.norm1.weight',
      'model.diffusion_model.input_blocks.2.0.in_layers.0.weight',
    ],
    ['unet', 'down_blocks.0.downsamplers.0.conv.weight', 'model.diffusion_model.input_blocks.3.0.op.weight'],
    [
      'unet',
      'down_blocks.1.resnets.0.conv_shortcut.bias',
      'model.diffusion_model.input_blocks.4.0.skip_connection.bias',
    ],
    [
      'unet',
      'down_blocks.2.attentions.1.transformer_blocks.0.attn2.to_k.weight',
      'model.diffusion_model.input_blocks.8.1.transformer_blocks.0.attn2.to_k.weight',
    ],
    [
      'unet',
      'down_blocks.3.resnets.1.conv2.bias',
      'model.diffusion_model.input_blocks.11.0.out_layers.3.bias',
    ],
    ['unet', 'mid_block.attentions.0.proj_in.weight', 'model.diffusion_model.middle_block.1.proj_in.weight'],
    [
      'unet',
      'mid_block.resnets.1.time_emb_proj.bias',
      'model.diffusion_model.middle_block.2.emb_layers.1.bias',
    ],
    ['unet', 'up_blocks.0.upsamplers.0.conv.weight', 'model.diffusion_model.output_blocks.2.1.conv.weight'],
    ['unet', 'up_blocks.1.upsamplers.0.conv.weight', 'model.diffusion_model.output_blocks.5.2.conv.weight'],
    ['unet', 'up_blocks.3.attentions.2.norm.weight', 'model.diffusion_model.output_blocks.11.1.norm.weight'],
    ['unet', 'conv_norm_out.weight', 'model.diffusion_model.out.0.weight'],
    ['unet', 'conv_out.bias', 'model.diffusion_model.out.2.bias'],
    [
      'autoencoder',
      'encoder.down_blocks.1.resnets.0.conv_shortcut.weight',
      'first_stage_model.encoder.down.1.block.0.nin_shortcut.weight',
    ],
    [
      'autoencoder',
      'encoder.down_blocks.2.downsamplers.0.conv.bias',
      'first_stage_model.encoder.down.2.downsample.conv.bias',
    ],
    [
      'autoencoder',
      'decoder.up_blocks.0.resnets.2.norm2.bias',
      'first_stage_model.decoder.up.3.block.2.norm2.bias',
    ],
    [
      'autoencoder',
      'decoder.up_blocks.0.upsamplers.0.conv.weight',
      'first_stage_model.decoder.up.3.upsample.conv.weight',
    ],
    [
      'autoencoder',
      'encoder.mid_block.resnets.1.conv1.weight',
      'first_stage_model.encoder.mid.block_2.conv1.weight',
    ],
    [
      'autoencoder',
      'encoder.mid_block.attentions.0.group_norm.bias',
      'first_stage_model.encoder.mid.attn_1.norm.bias',
    ],
    [
      'autoencoder',
      'decoder.mid_block.attentions.0.to_out.0.weight',
      'first_stage_model.decoder.mid.attn_1.proj_out.weight',
    ],
    ['autoencoder', 'decoder.conv_norm_out.bias', 'first_stage_model.decoder.norm_out.bias'],
    ['autoencoder', 'quant_conv.bias', 'first_stage_model.quant_conv.bias'],
    [
      'textEncoder',
      'text_model.encoder.layers.11.self_attn.q_proj.weight',
      'cond_stage_model.transformer.text_model.encoder.layers.11.self_attn.q_proj.weight',
    ],
  ] as const)('%s: %s', (component, name, original) => {
    expect(Object.keys(parts[component].specs)).toContain(name);
    expect(parts[component].nameOf(name)).toBe(original);
  });

  it('match the published file in number: 686, 248 and 196', () => {
    const counts = Object.values(parts).map(
      ({ specs, nameOf }) => new Set(Object.keys(specs).map(nameOf)).size,
    );
    expect(counts).toEqual([686, 248, 196]);
  });
});

it('names missing and unexpected tensors, and ignores what is not a weight', () => {
  const entry = (shape: readonly number[]) => ({ dtype: 'F32' as const, shape, begin: 0, end: 0 });
  const tensors = new Map(
    Object.values(parts).flatMap(({ specs, nameOf }) =>
      Object.entries(specs).map(([name, { shape }]) => [nameOf(name), entry(shape)] as const),
    ),
  );
  tensors.delete('model.diffusion_model.out.2.bias');
  tensors.set('control_model.x', entry([1]));
  for (const other of [
    'betas',
    'model_ema.decay',
    'cond_stage_model.transformer.text_model.embeddings.position_ids',
  ])
    tensors.set(other, entry([1]));
  expect(channelsOfSingleFile({ tensors })).toBe(8);
  expect(() => assertSingleFile({ path: 'model.safetensors', tensors }, SD15)).toThrow(
    '1 tensor missing: model.diffusion_model.out.2.bias 4; 1 tensor unexpected: control_model.x 1',
  );
});
