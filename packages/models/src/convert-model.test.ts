import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseAutoencoderConfig } from './autoencoder/index.ts';
import { parseClipTextConfig } from './clip-text-config.ts';
import { rewriteModel, writeSingleFile } from './convert-model.ts';
import { inspectModel } from './inspect-model.ts';
import { openModelFolder } from './model-folder.ts';
import { openModel } from './open-model.ts';
import { autoencoderParameters, clipTextParameters, unetParameters } from './network-parameters.ts';
import { initialParameters, type ParameterSpecs } from './parameters.ts';
import { openSafetensors } from './safetensors.ts';
import { trainTokenizer } from './train-tokenizer.ts';
import { parseUNetConfig } from './unet-config.ts';
import { writeModelFolder } from './write-model-folder.ts';

/** Three levels, two layers in each, linear projections. */
const UNET = parseUNetConfig({
  in_channels: 8,
  block_out_channels: [4, 8, 8],
  down_block_types: ['CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'DownBlock2D'],
  up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D'],
  layers_per_block: 2,
  attention_head_dim: 2,
  norm_num_groups: 2,
  cross_attention_dim: 8,
  use_linear_projection: true,
});
const AUTOENCODER = parseAutoencoderConfig({
  block_out_channels: [4, 8],
  norm_num_groups: 2,
  down_block_types: ['DownEncoderBlock2D', 'DownEncoderBlock2D'],
  up_block_types: ['UpDecoderBlock2D', 'UpDecoderBlock2D'],
});
const files = trainTokenizer(['make it red'], { merges: 4, maxLength: 8 });
const TEXT = parseClipTextConfig({
  vocab_size: Object.keys(files.vocabulary).length,
  hidden_size: 8,
  intermediate_size: 8,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  max_position_embeddings: 8,
});

let folder: string;
let model: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'convert-'));
  model = join(folder, 'model');
  const reader = (specs: ParameterSpecs) => {
    const values = new Map(initialParameters(specs, 3));
    return async (name: string) => values.get(name)!;
  };
  await writeModelFolder(model, {
    unet: { config: UNET, read: reader(unetParameters(UNET)) },
    textEncoder: { config: TEXT, read: reader(clipTextParameters(TEXT)) },
    images: { autoencoder: { config: AUTOENCODER, read: reader(autoencoderParameters(AUTOENCODER)) } },
    tokenizer: files,
    scheduler: { _class_name: 'DDIMScheduler' },
  });
});
afterAll(() => rm(folder, { recursive: true }));

const PARTS = [
  'unet/diffusion_pytorch_model.safetensors',
  'text_encoder/model.safetensors',
  'vae/diffusion_pytorch_model.safetensors',
];

it('converts a folder to a single file, and back to the same folder', async () => {
  const single = join(folder, 'single.safetensors');
  await writeSingleFile(await openModelFolder(model), single);
  const back = join(folder, 'back');
  await rewriteModel(await openModel(single, { architecture: model }), back);
  for (const part of [...PARTS, 'unet/config.json', 'vae/config.json', 'model_index.json'])
    expect(await readFile(join(back, part))).toEqual(await readFile(join(model, part)));
});

it('writes a folder in half precision, and records it', async () => {
  const half = join(folder, 'half');
  await rewriteModel(await openModel(model), half, { precision: 'f16' });
  const { components, edits, space, rewards } = await inspectModel(half);
  expect({ edits, space, rewards }).toEqual({ edits: true, space: 'latents', rewards: 'none' });
  expect(Object.values(components).map(({ types }) => Object.keys(types))).toEqual([
    ['F16'],
    ['F16'],
    ['F16'],
  ]);
  const whole = await inspectModel(model);
  expect(components.unet?.parameters).toBe(whole.components.unet?.parameters);
  expect(Object.keys(components.unet!.blocks)).toContain('down_blocks.2');
  const [from, to] = await Promise.all([model, half].map((each) => openSafetensors(join(each, PARTS[0]))));
  const [exact, rounded] = await Promise.all([from, to].map((file) => file.float32('conv_in.weight')));
  exact.forEach((value, i) => expect(rounded[i]).toBeCloseTo(value, 3));
  await Promise.all([from.close(), to.close()]);
});

it('rejects a file in another layout', async () => {
  const open = openModel(join(model, PARTS[0]), { architecture: model });
  await expect(open).rejects.toThrow("not in the layout of Stable Diffusion's original code");
});
