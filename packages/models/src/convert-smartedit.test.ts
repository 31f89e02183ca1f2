import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseAutoencoderConfig } from './autoencoder/index.ts';
import { parseClipTextConfig } from './clip-text-config.ts';
import { convertSmartEdit } from './convert-smartedit.ts';
import { openModelFolder } from './model-folder.ts';
import { openWeights } from './model-weights.ts';
import { autoencoderParameters, clipTextParameters, unetParameters } from './network-parameters.ts';
import { initialParameters, type ParameterSpecs } from './parameters.ts';
import { writeSafetensors } from './safetensors-writer.ts';
import { parseSmartEditConfig } from './smartedit/smartedit-config.ts';
import { smartEditParameters } from './smartedit/smartedit.ts';
import { writeCountingFile } from './torch/torch-files.test.helper.ts';
import { trainTokenizer } from './train-tokenizer.ts';
import { parseUNetConfig } from './unet-config.ts';
import { writeModelFolder } from './write-model-folder.ts';

const TOKENIZER = trainTokenizer(['make it red'], { merges: 4, maxLength: 8 });
const TEXT = parseClipTextConfig({
  ...{ vocab_size: Object.keys(TOKENIZER.vocabulary).length, hidden_size: 8, intermediate_size: 8 },
  ...{ num_hidden_layers: 1, num_attention_heads: 2, max_position_embeddings: 8 },
});
const UNET = parseUNetConfig({
  ...{ in_channels: 4, block_out_channels: [4], layers_per_block: 1, cross_attention_dim: 8 },
  ...{ attention_head_dim: 2, norm_num_groups: 2 },
  ...{ down_block_types: ['CrossAttnDownBlock2D'], up_block_types: ['CrossAttnUpBlock2D'] },
});
const AUTOENCODER = parseAutoencoderConfig({
  ...{ block_out_channels: [4], norm_num_groups: 2, layers_per_block: 1 },
  ...{ down_block_types: ['DownEncoderBlock2D'], up_block_types: ['UpDecoderBlock2D'] },
});
const TOWER = {
  ...{ hidden_size: 16, intermediate_size: 8, num_hidden_layers: 3, num_attention_heads: 2 },
  ...{ image_size: 8, patch_size: 4 },
};
const QFORMER = {
  ...{ hidden_size: 8, num_attention_heads: 1, num_hidden_layers: 3, intermediate_size: 12 },
  ...{ query_length: 5, encoder_width: 6 },
};
/** What the folder is to say. */
const EXPECTED = parseSmartEditConfig(
  {
    image: { kind: 'clip', tower: TOWER },
    language: { kind: 'stored', width: 6, model: 'SmartEdit-tiny', prompt: 'edit: {instruction} <img_0>' },
    qformer: QFORMER,
    bim: { width: 16, context_width: 8, mlp_width: 10, map_channels: 4 },
  },
  'test',
);
const SMARTEDIT = smartEditParameters(EXPECTED);
const ALL_UNET = unetParameters({ ...UNET, in_channels: 8 });
const TOWER_PREFIX = 'vision_tower.';

const shapesOf = (specs: ParameterSpecs, pattern: RegExp, prefix = '') =>
  Object.fromEntries(
    Object.entries(specs).flatMap(([name, { shape }]) =>
      pattern.test(name) ? [[prefix + name, shape]] : [],
    ),
  );
const reader = (specs: ParameterSpecs) => {
  const values = new Map(initialParameters(specs, 3));
  return async (name: string) => values.get(name)!;
};

let folder: string;
let published: string;
let base: string;

interface TowerOptions {
  readonly isWhole?: boolean;
  readonly without?: string;
  readonly beside?: readonly [name: string, shape: readonly number[]];
}

/** A tower as transformers writes it: alone, or (`isWhole`) in a model with a text encoder beside it, with the layers that nobody looks at. */
async function writeTower(
  to: string,
  { isWhole = false, without = '', beside }: TowerOptions = {},
): Promise<string> {
  const config = isWhole ? { model_type: 'clip', vision_config: TOWER } : TOWER;
  const own = Object.entries(SMARTEDIT).filter(([name]) => name.startsWith(TOWER_PREFIX));
  const names = [
    ...own.map(([name, { shape }]) => [name.slice(TOWER_PREFIX.length), shape] as const),
    ...(isWhole
      ? ([
          ['text_model.final_layer_norm.bias', [2]],
          ['vision_model.embeddings.position_ids', [5]],
          ['vision_model.encoder.layers.2.mlp.fc1.bias', [8]],
          ['vision_model.post_layernorm.weight', [16]],
          ['visual_projection.weight', [4, 16]],
        ] as const)
      : []),
    ...(beside ? [beside] : []),
  ].filter(([name]) => name !== without);
  const tensors = names.map(([name, shape]) => [
    isWhole ? name : name.replace('vision_model.', ''),
    { shape },
  ]);
  await writeFolder(to, JSON.stringify(config));
  await writeSafetensors(
    join(to, 'model.safetensors'),
    Object.fromEntries(tensors) as Record<string, { shape: readonly number[] }>,
    (name) => {
      const length = Object.fromEntries(names)[isWhole ? name : `vision_model.${name}`];
      return new Float32Array(length.reduce((product, side) => product * side, 1)).fill(name.length);
    },
  );
  return to;
}

async function writeFolder(to: string, config: string): Promise<void> {
  await cp(join(base, 'scheduler'), to, { recursive: true });
  await writeFile(join(to, 'config.json'), config);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'convert-smartedit-'));
  base = join(folder, 'base');
  await writeModelFolder(base, {
    unet: { config: UNET, read: reader(unetParameters(UNET)) },
    textEncoder: { config: TEXT, read: reader(clipTextParameters(TEXT)) },
    images: { autoencoder: { config: AUTOENCODER, read: reader(autoencoderParameters(AUTOENCODER)) } },
    tokenizer: TOKENIZER,
    scheduler: { _class_name: 'DDIMScheduler' },
  });
  published = join(folder, 'SmartEdit-tiny');
  await writeCountingFile(join(published, 'embeddings_qformer/checkpoint-15000_embeddings_qformer.bin'), {
    ...shapesOf(SMARTEDIT, /^sd_/),
    'sd_qformer.embeddings.position_ids': [1, 5],
    'mm_projector.weight': [6, 16],
    'mm_projector.bias': [6],
    'lm_head.weight': [9, 6],
  });
  await writeCountingFile(
    join(published, 'modulate-15000/adapter_model.bin'),
    shapesOf(SMARTEDIT, /^(modulate_|dimension_reduction_head_|pe_layer)/),
  );
  await writeCountingFile(join(published, 'unet-15000/adapter_model.bin'), shapesOf(ALL_UNET, /./, 'unet.'));
});
afterAll(() => rm(folder, { recursive: true }));

const convert = async (out: string, vision: string, prompt = 'edit: {instruction} <img_0>') =>
  convertSmartEdit(published, join(folder, out), { base: await openModelFolder(base), vision, prompt });

describe("SmartEdit's published checkpoint", () => {
  it('becomes a model folder with its configuration and every weight in its place', async () => {
    await convert('out', await writeTower(join(folder, 'tower')));
    const opened = await openModelFolder(join(folder, 'out'));
    expect(opened.smartEdit).toEqual(EXPECTED);
    expect(opened.unet.in_channels).toBe(8);
    const smartEdit = await openWeights(opened, 'smartEdit');
    const names = Object.keys(shapesOf(SMARTEDIT, /^sd_/));
    const name = 'sd_qformer.encoder.layer.2.output_query.dense.weight';
    const values = await smartEdit.read(name);
    expect(values[0]).toBe(names.indexOf(name));
    expect(values[95]).toBe(names.indexOf(name) + 95);
    const seen = `${TOWER_PREFIX}vision_model.embeddings.class_embedding`;
    expect((await smartEdit.read(seen))[0]).toBe('embeddings.class_embedding'.length);
    await smartEdit.close();
    const unet = await openWeights(opened, 'unet');
    expect((await unet.read('conv_in.weight'))[0]).toBe(Object.keys(ALL_UNET).indexOf('conv_in.weight'));
    await unet.close();
    for (const part of ['text_encoder/model', 'vae/diffusion_pytorch_model'])
      expect(await readFile(join(folder, 'out', `${part}.safetensors`))).toEqual(
        await readFile(join(base, `${part}.safetensors`)),
      );
  });

  it('accepts the tower of a whole CLIP model, and ignores the rest', async () => {
    await convert('whole', await writeTower(join(folder, 'clip'), { isWhole: true }));
    expect((await openModelFolder(join(folder, 'whole'))).smartEdit).toEqual(EXPECTED);
  });

  it('is rejected with a tower with missing or unexpected weights, and with a prompt without a placeholder', async () => {
    const without = 'vision_model.encoder.layers.1.layer_norm1.weight';
    const damaged = await writeTower(join(folder, 'damaged'), { without });
    await expect(convert('refused', damaged)).rejects.toThrow('missing: vision_tower.vision_model.encoder');
    const adapted = await writeTower(join(folder, 'adapted'), {
      beside: ['vision_model.encoder.layers.0.mlp.fc1.lora_A.weight', [2, 16]],
    });
    await expect(convert('refused', adapted)).rejects.toThrow('unexpected: encoder.layers.0.mlp.fc1.lora_A');
    await expect(convert('refused', join(folder, 'tower'), 'edit it')).rejects.toThrow('prompt');
  });
});
