import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TensorData } from '@rewardedit/graph';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseClipTextConfig } from './clip-text-config.ts';
import { loadTextEncoder, loadUNet, openModelFolder, writeModelFolder } from './model-folder.ts';
import { clipTextParameters, unetParameters } from './network-parameters.ts';
import { initialParameters, type ParameterSpecs } from './parameters.ts';
import { readJsonFile } from './reference.test.helper.ts';
import { writeSafetensors } from './safetensors-writer.ts';
import { trainTokenizer } from './train-tokenizer.ts';
import { parseUNetConfig } from './unet-config.ts';

const UNET = {
  in_channels: 2,
  out_channels: 2,
  block_out_channels: [4],
  layers_per_block: 1,
  down_block_types: ['DownBlock2D'],
  up_block_types: ['UpBlock2D'],
  attention_head_dim: 2,
  cross_attention_dim: 8,
  norm_num_groups: 2,
};
const REWARD = { text_width: 8, score_width: 4, attention_heads: 2, norm_num_groups: 2, score_scale: 10 };
const TEXT = parseClipTextConfig({
  vocab_size: 600,
  hidden_size: 8,
  intermediate_size: 16,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  max_position_embeddings: 8,
});
const PIXELS = { space: 'pixel' as const, patch_size: 2, prediction: 'residual' };

type Weights = Record<string, TensorData>;
const started = (specs: ParameterSpecs): Weights => Object.fromEntries(initialParameters(specs, 3));

let parent: string;
let path: string;
let count = 0;
beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'model-'));
});
beforeEach(() => {
  path = join(parent, String(count++));
});
afterAll(() => rm(parent, { recursive: true }));

async function save(reward?: object, channels = 4) {
  const unet = parseUNetConfig({ ...UNET, block_out_channels: [channels], ...(reward && { reward }) });
  const unetWeights = started(unetParameters(unet));
  const textWeights = started(clipTextParameters(TEXT));
  const tokenizer = trainTokenizer(['make it red', 'make it blue'], { merges: 20, maxLength: 8 });
  const scheduler = { _class_name: 'DDIMScheduler', beta_start: 0.00085 };
  await writeModelFolder(path, {
    unet: { config: unet, read: async (name) => unetWeights[name] },
    textEncoder: { config: TEXT, read: async (name) => textWeights[name] },
    tokenizer,
    scheduler,
    images: { pixelSpace: PIXELS },
  });
  return { unet, unetWeights, textWeights, tokenizer, scheduler };
}

async function collect(
  load: (write: (name: string, values: TensorData) => Promise<void>) => Promise<unknown>,
) {
  const found: Weights = {};
  await load(async (name, values) => {
    found[name] = values;
  });
  return found;
}

describe('a model folder', () => {
  it.each([
    ['with', REWARD],
    ['without', undefined],
  ])('is read as it was written, %s rewards', async (_, reward) => {
    const { unet, unetWeights, textWeights, tokenizer, scheduler } = await save(reward);
    const folder = await openModelFolder(path);
    expect(folder).toMatchObject({ path, unet, textEncoder: TEXT, scheduler, pixelSpace: PIXELS });
    expect(folder.tokenizer.files).toMatchObject(tokenizer);
    expect(await collect((write) => loadUNet(folder, write))).toEqual(unetWeights);
    expect(await collect((write) => loadTextEncoder(folder, write))).toEqual(textWeights);
  });

  it('lists its components for diffusers', async () => {
    await save();
    expect(readJsonFile(join(path, 'model_index.json'))).toMatchObject({
      unet: ['diffusers', 'UNet2DConditionModel'],
      text_encoder: ['transformers', 'CLIPTextModel'],
      scheduler: ['diffusers', 'DDIMScheduler'],
      vae: [null, null],
      rewardedit: PIXELS,
    });
  });

  it('is known to take rewards from its weights alone, as published ones are', async () => {
    await save({ ...REWARD, attention_heads: 8, norm_num_groups: 32, score_scale: 1 }, 32);
    const file = join(path, 'unet', 'config.json');
    const { reward, ...published } = readJsonFile(file) as Record<string, unknown>;
    await writeFile(file, JSON.stringify(published));
    expect((await openModelFolder(path)).unet.reward).toEqual(reward);
  });

  it('lets new reward layers keep their start, and says which they are', async () => {
    await save();
    const folder = await openModelFolder(path);
    const specs = unetParameters(parseUNetConfig({ ...UNET, reward: REWARD }));
    const isNew = (name: string) => /^(add_embedding2?|text_linear2?|ca|proj_deal)\./.test(name);
    const missed = await loadUNet(folder, async () => {}, { specs, mayMiss: isNew });
    expect(missed).toEqual(Object.keys(specs).filter(isNew));
    await expect(loadUNet(folder, async () => {}, { specs })).rejects.toThrow(
      '34 tensors missing: add_embedding',
    );
  });

  it('lists weights that do not fit, and writes none of them', async () => {
    await save();
    const folder = await openModelFolder(path);
    const weights = join(path, 'unet', 'diffusion_pytorch_model.safetensors');
    const { 'conv_in.bias': _, ...specs } = unetParameters(folder.unet);
    const wrong = { ...specs, 'conv_out.weight': { shape: [2, 4, 1, 1] }, surplus: { shape: [3] } };
    await writeSafetensors(
      weights,
      wrong,
      (name) => new Float32Array(wrong[name as 'surplus'].shape.reduce((a, b) => a * b, 1)),
    );
    const written: string[] = [];
    const load = loadUNet(folder, async (name) => {
      written.push(name);
    });
    await expect(load).rejects.toMatchObject({ code: 'bad-input', where: weights });
    await expect(load).rejects.toThrow(
      '1 tensor missing: conv_in.bias 4; 1 tensor that belongs to nothing: surplus 3; ' +
        '1 tensor of another shape: conv_out.weight is 2x4x1x1, the network needs 2x4x3x3',
    );
    expect(written).toEqual([]);
  });

  it('may have a text encoder of old or new versions of transformers', async () => {
    const { textWeights } = await save();
    const folder = await openModelFolder(path);
    const file = join(path, 'text_encoder', 'model.safetensors');
    const specs = clipTextParameters(TEXT);
    const position = 'text_model.embeddings.position_ids';
    await writeSafetensors(file, { ...specs, [position]: { shape: [8], dtype: 'i32' } }, (name) =>
      name === position ? Int32Array.from({ length: 8 }, (_, i) => i) : textWeights[name],
    );
    expect(await collect((write) => loadTextEncoder(folder, write))).toEqual(textWeights);
    const short = Object.fromEntries(
      Object.entries(specs).map(([name, spec]) => [name.replace('text_model.', ''), spec]),
    );
    await writeSafetensors(file, short, (name) => textWeights[`text_model.${name}`]);
    expect(await collect((write) => loadTextEncoder(folder, write))).toEqual(textWeights);
  });

  it.each([
    'model_index.json',
    'unet/config.json',
    'unet/diffusion_pytorch_model.safetensors',
    'text_encoder/config.json',
    'tokenizer/vocab.json',
    'scheduler/scheduler_config.json',
  ])('names %s where it is missing', async (name) => {
    await save();
    await rm(join(path, name));
    await expect(openModelFolder(path)).rejects.toMatchObject({ code: 'bad-input', where: join(path, name) });
  });

  it('names the file and the key that is wrong', async () => {
    await save();
    const file = join(path, 'unet', 'config.json');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('"silu"', '"elu"'));
    await expect(openModelFolder(path)).rejects.toMatchObject({ code: 'bad-input', where: file });
    await expect(openModelFolder(path)).rejects.toThrow('act_fn is "elu"');
  });

  it('is not written over another', async () => {
    await save();
    await expect(save()).rejects.toMatchObject({ code: 'bad-input', where: path });
  });
});
