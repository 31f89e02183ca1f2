import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Backend } from '@rewardedit/graph';
import {
  autoencoderParameters,
  initialParameters,
  openModelFolder,
  openSafetensors,
  parseAutoencoderConfig,
  writeSafetensors,
} from '@rewardedit/models';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrainSettings } from './config.ts';
import { openTrainedModel } from './model.ts';
import { resolveTrainConfig } from './resolve-config.ts';
import {
  afterStep,
  oneThread,
  trainSmall,
  trainUntil,
  weightsOf,
  writeScored,
} from './small-run.test.helper.ts';

/** A small InstructPix2Pix folder, made by diffusers. */
const MODEL = join(import.meta.dirname, '../../../../shared/fixtures/reference/ip2p-pipeline-tiny');
/** One of the published form. */
const REWARDED = join(MODEL, '..', 'reward-pipeline-tiny');
const isThere = existsSync(MODEL);
if (!isThere) process.stderr.write(`SKIPPED: training on latents (not found: ${MODEL})\n`);

let folder: string;
let dataset: string;
let backend: Backend;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-latents-'));
  dataset = await writeScored(join(folder, 'scenes'));
  backend = await oneThread();
});
afterAll(async () => {
  await backend.dispose();
  await rm(folder, { recursive: true });
});

/** When each file of encoded pictures or texts was written. */
async function encodedIn(kind: 'latents' | 'texts'): Promise<Map<string, number>> {
  const kept = join(dataset, '.rewardedit', kind);
  const names = await readdir(kept, { recursive: true });
  const files = names.filter((name) => name.endsWith('.safetensors'));
  return new Map(
    await Promise.all(files.map(async (name) => [name, (await stat(join(kept, name))).mtimeMs] as const)),
  );
}

async function changeWeight(path: string, name: string): Promise<void> {
  const file = await openSafetensors(path);
  const values = new Map<string, Float32Array>();
  for (const each of file.tensors.keys()) values.set(each, await file.float32(each));
  const shapes = [...file.tensors].map(([each, { shape }]) => [each, { shape }] as const);
  await file.close();
  values.set(
    name,
    values.get(name)!.map((value) => value + 1),
  );
  await writeSafetensors(path, Object.fromEntries(shapes), (each) => values.get(each)!);
}

const SETTINGS = { init: MODEL, size: 16, steps: 3, batchSize: 2, accumulation: 1, flips: false } as const;

describe.skipIf(!isThere)('a model on the latents of an autoencoder', () => {
  it('resumes in stage 2 bit for bit, and encodes each picture and text once', async () => {
    const run = { dataset, backend, settings: SETTINGS };
    const whole = await trainSmall({
      ...run,
      run: join(folder, 'whole'),
      settings: { ...SETTINGS, sampleCount: 1, sampleEvery: 3 },
    });
    const encoded = { latents: await encodedIn('latents'), texts: await encodedIn('texts') };
    expect(encoded.latents.size).toBeGreaterThan(5);
    // Instructions, no instruction, and feedback, which is the same for many.
    expect(encoded.texts.size).toBeGreaterThan(5);
    expect(whole.events.map(({ type }) => type)).toContain('sample');

    const cut = { ...run, run: join(folder, 'cut'), settings: { ...SETTINGS, checkpointEvery: 1 } };
    await trainUntil(afterStep(1), cut);
    const { model } = await trainSmall(cut);
    expect(await weightsOf(model)).toEqual(await weightsOf(whole.model));
    // Nothing was encoded again.
    expect({ latents: await encodedIn('latents'), texts: await encodedIn('texts') }).toEqual(encoded);

    const opened = await openModelFolder(model);
    expect(opened.unet.reward).toMatchObject({ tokens: 'per-perspective', zero_initialized: true });
    expect(opened.images).toEqual((await openModelFolder(MODEL)).images);
    const text = 'text_encoder/model.safetensors';
    const [before, after] = [MODEL, model].map((place) => openSafetensors(join(place, text)));
    expect(await (await after).float32('text_model.final_layer_norm.weight')).toEqual(
      await (await before).float32('text_model.final_layer_norm.weight'),
    );
    await Promise.all([(await before).close(), (await after).close()]);
  });

  it('is trained on the states of its text encoder, and encodes again with another one', async () => {
    const settings = { ...SETTINGS, stage: 1, steps: 1 } as const;
    const run = { dataset, backend };
    const losses = async (name: string, own: Partial<TrainSettings>) => {
      const { events } = await trainSmall({
        ...run,
        run: join(folder, name),
        settings: { ...settings, ...own },
      });
      return events.flatMap((event) => (event.type === 'step' ? [event.metrics['loss']] : []));
    };
    const [given] = await losses('given', {});
    const [inStep] = await losses('in-step', { train: ['unet', 'text-encoder'] });
    expect(given).toBeCloseTo(inStep, 6);

    const known = await encodedIn('texts');
    const init = join(folder, 'other-encoder');
    await cp(MODEL, init, { recursive: true });
    await changeWeight(join(init, 'text_encoder', 'model.safetensors'), 'text_model.final_layer_norm.weight');
    const [other] = await losses('other', { init });
    expect(other).not.toBe(given);
    expect((await encodedIn('texts')).size).toBeGreaterThan(known.size);
  });

  it.each([
    [
      'published',
      { rewardLayers: 'published' },
      { score_scale: 1, score_width: 256, tokens: 'one-each', zero_initialized: false },
    ],
    [
      'ours but for one thing',
      { scoreScale: 1, rewardTokens: 'one-each' },
      { score_scale: 1, score_width: 32, tokens: 'one-each', zero_initialized: true },
    ],
  ] as const)('takes new reward layers of the form %s', async (name, own, expected) => {
    const config = await resolveTrainConfig({ ...SETTINGS, ...own });
    const { model } = await openTrainedModel(config, { texts: [] });
    expect(model.unet.reward, name).toMatchObject(expected);
    const rewarded = { ...config, init: REWARDED };
    await expect(openTrainedModel(rewarded, { texts: [] })).rejects.toMatchObject({ code: 'usage' });
  });

  it('can start from a text-to-image model, whose first convolution ignores the source at first', async () => {
    const init = join(folder, 'text-to-image');
    await cp(MODEL, init, { recursive: true });
    const configFile = join(init, 'unet', 'config.json');
    const config = JSON.parse(await readFile(configFile, 'utf8')) as object;
    await writeFile(configFile, JSON.stringify({ ...config, in_channels: 4 }));
    const path = join(init, 'unet', 'diffusion_pytorch_model.safetensors');
    const file = await openSafetensors(path);
    const values = new Map<string, Float32Array>();
    for (const name of file.tensors.keys()) values.set(name, await file.float32(name));
    const shapes = new Map([...file.tensors].map(([name, { shape }]) => [name, { shape }]));
    await file.close();
    const { shape } = shapes.get('conv_in.weight')!;
    const taken = values.get('conv_in.weight')!.filter((_, i) => Math.floor(i / 9) % shape[1] < 4);
    values.set('conv_in.weight', taken);
    shapes.set('conv_in.weight', { shape: [shape[0], 4, 3, 3] });
    await writeSafetensors(path, Object.fromEntries(shapes), (name) => values.get(name)!);

    const settings = { ...SETTINGS, init, stage: 1, steps: 1, learningRate: 1e-12, weightDecay: 0 } as const;
    const { model } = await trainSmall({ dataset, backend, run: join(folder, 'grown'), settings });
    const grown = await openSafetensors(join(model, 'unet', 'diffusion_pytorch_model.safetensors'));
    const weight = await grown.float32('conv_in.weight');
    await grown.close();
    expect(grown.tensors.get('conv_in.weight')!.shape).toEqual(shape);
    // But for one step of next to nothing.
    const own = weight.filter((_, i) => Math.floor(i / 9) % 8 < 4);
    own.forEach((value, i) => expect(value).toBeCloseTo(taken[i], 9));
    const added = weight.filter((_, i) => Math.floor(i / 9) % 8 >= 4);
    expect(added.every((value) => Math.abs(value) < 1e-11)).toBe(true);
  });
});

/** An autoencoder whose latents have four channels, and a position for 2 x 2 pixels. */
const SMALLEST = {
  _class_name: 'AutoencoderTiny',
  encoder_block_out_channels: [4, 4],
  decoder_block_out_channels: [4, 4],
  num_encoder_blocks: [1, 1],
  num_decoder_blocks: [1, 1],
};

describe('a new model on latents', () => {
  it('is trained on latents of the given autoencoder, contains it, and can be trained further', async () => {
    const autoencoder = join(folder, 'autoencoder');
    await mkdir(autoencoder);
    await writeFile(join(autoencoder, 'config.json'), JSON.stringify(SMALLEST));
    const specs = autoencoderParameters(parseAutoencoderConfig(SMALLEST, 'SMALLEST'));
    const weights = new Map(initialParameters(specs, 7));
    const file = 'diffusion_pytorch_model.safetensors';
    await writeSafetensors(join(autoencoder, file), specs, (name) => weights.get(name)!);

    const settings = { preset: 'latents', autoencoder, size: 16, steps: 2, batchSize: 2 } as const;
    const { model, events } = await trainSmall({ dataset, backend, run: join(folder, 'new'), settings });
    const losses = events.flatMap((event) => (event.type === 'step' ? [event.metrics['loss']] : []));
    expect(losses).toEqual([expect.any(Number), expect.any(Number)]);
    const opened = await openModelFolder(model);
    expect(opened.images).toMatchObject({ autoencoder: { kind: 'tiny', latent_channels: 4 } });
    expect(opened.scheduler).toMatchObject({ residual: true, clip_sample: false });
    expect(opened.unet).toMatchObject({ in_channels: 8, out_channels: 4, sample_size: 8 });
    const kept = await openSafetensors(join(model, 'vae', file));
    for (const [name, values] of weights) expect(await kept.float32(name), name).toEqual(values);
    await kept.close();
    // The next stage does not need to be told what the first was.
    expect(await resolveTrainConfig({ init: model })).toMatchObject({
      ...{ size: 16, batchSize: 16, train: ['all'], changeWeight: 0, conditioningDropout: 0 },
    });
  });

  it.each([
    [{ preset: 'latents' }, '--preset latents'],
    [{ preset: 'photos', autoencoder: 'vae' }, '--autoencoder'],
    [{ init: 'model', autoencoder: 'vae' }, '--autoencoder'],
    [{ preset: 'latents', autoencoder: 'vae', changeWeight: 0.5 }, '--change-weight'],
  ] as const)('is refused with %j', async (settings, where) => {
    await expect(resolveTrainConfig(settings)).rejects.toMatchObject({ code: 'usage', where });
  });
});
