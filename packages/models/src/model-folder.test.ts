import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { numbersOf, type TensorData } from '@rewardedit/graph';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseClipTextConfig } from './clip-text-config.ts';
import { openModelFolder } from './model-folder.ts';
import { loadPart } from './model-weights.ts';
import { clipTextParameters, unetParameters } from './network-parameters.ts';
import { createNetwork, initialParameters, type ParameterSpecs, type Scope } from './parameters.ts';
import { readJsonFile } from './reference.test.helper.ts';
import { writeSafetensors } from './safetensors-writer.ts';
import { trainTokenizer } from './train-tokenizer.ts';
import { parseUNetConfig, type UNetConfig } from './unet-config.ts';
import { unetInputs } from './unet-inputs.ts';
import { unet as buildUNet } from './unet.ts';
import { writeModelFolder } from './write-model-folder.ts';

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

/** Declares the parameters of a U-Net. */
function unetOf(scope: Scope, config: UNetConfig): void {
  buildUNet(scope, config, unetInputs(config, { batch: 1, height: 4, width: 4, tokens: 1 }));
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
    expect(folder).toMatchObject({
      path,
      unet,
      textEncoder: TEXT,
      scheduler,
      images: { pixelSpace: PIXELS },
    });
    expect(folder.tokenizer.files).toMatchObject(tokenizer);
    expect(await collect((write) => loadPart(folder, 'unet', write))).toEqual(unetWeights);
    expect(await collect((write) => loadPart(folder, 'textEncoder', write))).toEqual(textWeights);
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

  it('has reward layers according to its weights alone, like published models', async () => {
    await save({ ...REWARD, attention_heads: 8, norm_num_groups: 32, score_scale: 1 }, 32);
    const file = join(path, 'unet', 'config.json');
    const { reward, ...published } = readJsonFile(file) as Record<string, unknown>;
    await writeFile(file, JSON.stringify(published));
    expect((await openModelFolder(path)).unet.reward).toEqual(reward);
  });

  it('keeps the initial values of new reward layers, and returns their names', async () => {
    await save();
    const folder = await openModelFolder(path);
    const specs = unetParameters(parseUNetConfig({ ...UNET, reward: REWARD }));
    const isNew = (name: string) => /^(add_embedding2?|text_linear2?|ca|proj_deal)\./.test(name);
    const missed = await loadPart(folder, 'unet', async () => {}, { specs, mayMiss: isNew });
    expect(missed).toEqual(Object.keys(specs).filter(isNew));
    await expect(loadPart(folder, 'unet', async () => {}, { specs })).rejects.toThrow(
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
    const load = loadPart(folder, 'unet', async (name) => {
      written.push(name);
    });
    await expect(load).rejects.toMatchObject({ code: 'bad-input', where: weights });
    await expect(load).rejects.toThrow(
      '1 tensor missing: conv_in.bias 4; 1 tensor unexpected: surplus 3; ' +
        '1 tensor with another shape: conv_out.weight is 2x4x1x1, but the network needs 2x4x3x3',
    );
    expect(written).toEqual([]);
  });

  it('may have a text encoder from an old or new version of transformers', async () => {
    const { textWeights } = await save();
    const folder = await openModelFolder(path);
    const file = join(path, 'text_encoder', 'model.safetensors');
    const specs = clipTextParameters(TEXT);
    const position = 'text_model.embeddings.position_ids';
    await writeSafetensors(file, { ...specs, [position]: { shape: [8], dtype: 'i32' } }, (name) =>
      name === position ? Int32Array.from({ length: 8 }, (_, i) => i) : textWeights[name],
    );
    expect(await collect((write) => loadPart(folder, 'textEncoder', write))).toEqual(textWeights);
    const short = Object.fromEntries(
      Object.entries(specs).map(([name, spec]) => [name.replace('text_model.', ''), spec]),
    );
    await writeSafetensors(file, short, (name) => textWeights[`text_model.${name}`]);
    expect(await collect((write) => loadPart(folder, 'textEncoder', write))).toEqual(textWeights);
  });

  it.each([
    'model_index.json',
    'unet/config.json',
    'unet/diffusion_pytorch_model.safetensors',
    'text_encoder/config.json',
    'tokenizer/vocab.json',
    'scheduler/scheduler_config.json',
  ])('names %s if it is missing', async (name) => {
    await save();
    await rm(join(path, name));
    await expect(openModelFolder(path)).rejects.toMatchObject({ code: 'bad-input', where: join(path, name) });
  });

  it('names the file and the invalid key', async () => {
    await save();
    const file = join(path, 'unet', 'config.json');
    const text = await readFile(file, 'utf8');
    await writeFile(file, text.replace('"silu"', '"elu"'));
    await expect(openModelFolder(path)).rejects.toMatchObject({ code: 'bad-input', where: file });
    await expect(openModelFolder(path)).rejects.toThrow('act_fn is "elu"');
  });

  it('is never overwritten', async () => {
    await save();
    await expect(save()).rejects.toMatchObject({ code: 'bad-input', where: path });
  });
});

describe('published weights', () => {
  const weights = () => join(path, 'unet', 'diffusion_pytorch_model.safetensors');
  const inUnet = (name: string) => join(path, 'unet', `diffusion_pytorch_model.${name}`);

  /** The weights in two files with an index; gives the map of the index. */
  async function shard(index = 'safetensors.index.json') {
    const { unet, unetWeights } = await save();
    const specs = Object.entries(unetParameters(unet));
    const parts = [specs.slice(0, 3), specs.slice(3)];
    const files = [1, 2].map((n) => `diffusion_pytorch_model-0000${n}-of-00002.safetensors`);
    for (const [i, part] of parts.entries())
      await writeSafetensors(
        join(path, 'unet', files[i]),
        Object.fromEntries(part),
        (name) => unetWeights[name],
      );
    await rm(weights());
    const map = Object.fromEntries(parts.flatMap((part, i) => part.map(([name]) => [name, files[i]])));
    const write = (weight_map: Record<string, string>) =>
      writeFile(inUnet(index), JSON.stringify({ metadata: { total_size: 1 }, weight_map }));
    await write(map);
    return { map, write, unetWeights, files, first: specs[0][0] };
  }
  const load = async () => collect(async (write) => loadPart(await openModelFolder(path), 'unet', write));

  it.each([['safetensors.index.json'], ['safetensors.index.fp16.json'], ['fp16.safetensors.index.json']])(
    'in several files with the index %s',
    async (index) => {
      const { unetWeights } = await shard(index);
      expect(await load()).toEqual(unetWeights);
    },
  );

  it.each([
    ['../diffusion_pytorch_model.safetensors'],
    ['/etc/passwd'],
    ['a/b.safetensors'],
    ['a\\b.safetensors'],
    ['C:x.safetensors'],
    ['..'],
  ])('with an index that names %s are rejected', async (name) => {
    const { map, write, first } = await shard();
    await write({ ...map, [first]: name });
    await expect(load()).rejects.toMatchObject({
      code: 'bad-input',
      where: inUnet('safetensors.index.json'),
    });
    await expect(load()).rejects.toThrow('which is not a file next to it');
  });

  it('with an index that disagrees with its shards are rejected, naming the tensor', async () => {
    const { map, write, files, first } = await shard();
    await write({ ...map, surplus: files[0] });
    await expect(load()).rejects.toThrow(
      `puts the tensor "surplus" into ${files[0]}, which does not have it`,
    );
    await write({ ...map, [first]: files[1] });
    await expect(load()).rejects.toThrow(
      `puts into ${files[1]} the tensor "${first}", which is in ${files[0]}`,
    );
    const { [first]: _, ...rest } = map;
    await write(rest);
    await expect(load()).rejects.toThrow(`does not mention the tensor "${first}", which is in ${files[0]}`);
    await write(map);
    await rm(join(path, 'unet', files[1]));
    await expect(load()).rejects.toMatchObject({ code: 'bad-input', where: join(path, 'unet', files[1]) });
  });

  it.each([
    ['f16', 2 ** -11],
    ['bf16', 2 ** -8],
  ] as const)('in a variant in %s, into a state of f32 or f16', async (dtype, precision) => {
    const { unet, unetWeights } = await save();
    await rm(weights());
    const stored = Object.fromEntries(
      Object.entries(unetParameters(unet)).map(([name, spec]) => [name, { ...spec, dtype }]),
    );
    await writeSafetensors(inUnet('fp16.safetensors'), stored, (name) => unetWeights[name]);
    const loaded = await load();
    const half = createNetwork({ parameters: 'f16' });
    unetOf(half.scope, unet);
    const folder = await openModelFolder(path);
    const halves = await collect((write) => loadPart(folder, 'unet', write, { specs: half.specs }));
    for (const [name, values] of Object.entries(unetWeights)) {
      expect(halves[name]).toBeInstanceOf(Uint16Array);
      expect(numbersOf(halves[name])).toEqual(loaded[name]);
      const error = loaded[name].map((value, i) => Math.abs(value - values[i]));
      expect(Math.max(...error)).toBeLessThanOrEqual(precision * Math.max(...values.map(Math.abs)));
    }
  });

  it('in several variants are rejected, naming them', async () => {
    await save();
    for (const variant of ['fp16', 'ema']) await writeFile(inUnet(`${variant}.safetensors`), '');
    await expect(load()).resolves.toBeDefined(); // the plain file counts
    await rm(weights());
    await expect(load()).rejects.toThrow('ema.safetensors, diffusion_pytorch_model.fp16.safetensors');
  });

  it('are read from torch files if there are no others, and rejected if those are damaged', async () => {
    await save();
    await rm(weights());
    await writeFile(inUnet('bin'), '');
    await expect(load()).rejects.toMatchObject({
      code: 'bad-input',
      where: inUnet('bin'),
      message: expect.stringContaining('before 1.6 is not supported') as string,
    });
  });

  it("are found in Hugging Face's cache, in the snapshot of main", async () => {
    await save();
    const cache = join(parent, 'models--owner--name');
    await mkdir(join(cache, 'snapshots'), { recursive: true });
    await mkdir(join(cache, 'refs'));
    await symlink(path, join(cache, 'snapshots', 'abc'));
    expect((await openModelFolder(cache)).path).toBe(join(cache, 'snapshots', 'abc'));
    await mkdir(join(cache, 'snapshots', 'other'));
    await writeFile(join(cache, 'refs', 'main'), '../../..');
    await expect(openModelFolder(cache)).rejects.toThrow('2 snapshots of the model, none of them `main`');
    await writeFile(join(cache, 'refs', 'main'), 'abc\n');
    expect((await openModelFolder(cache)).path).toBe(join(cache, 'snapshots', 'abc'));
    await rm(cache, { recursive: true });
  });

  it.each([
    'unet/diffusion_pytorch_model.safetensors',
    'unet/config.json',
    'tokenizer/vocab.json',
    'model_index.json',
  ])('reports a Git LFS pointer in place of %s', async (name) => {
    await save();
    await writeFile(
      join(path, name),
      `version https://git-lfs.github.com/spec/v1\noid sha256:${'4d7a'.repeat(16)}\nsize 3438167540\n`,
    );
    await expect(load()).rejects.toMatchObject({ code: 'bad-input', where: join(path, name) });
    await expect(load()).rejects.toThrow('is a Git LFS pointer');
  });

  it('may have text files with a byte order mark', async () => {
    const { unetWeights } = await save();
    for (const name of [
      'model_index.json',
      'unet/config.json',
      'text_encoder/config.json',
      'tokenizer/merges.txt',
    ])
      await writeFile(join(path, name), `\ufeff${await readFile(join(path, name), 'utf8')}`);
    expect(await load()).toEqual(unetWeights);
  });
});
