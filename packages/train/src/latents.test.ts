import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Backend } from '@rewardedit/graph';
import { openModelFolder, openSafetensors, writeSafetensors } from '@rewardedit/models';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

/** When each file of encoded pictures was written. */
async function latents(): Promise<Map<string, number>> {
  const kept = join(dataset, '.rewardedit', 'latents');
  const names = await readdir(kept, { recursive: true });
  const files = names.filter((name) => name.endsWith('.safetensors'));
  return new Map(
    await Promise.all(files.map(async (name) => [name, (await stat(join(kept, name))).mtimeMs] as const)),
  );
}

const SETTINGS = { init: MODEL, size: 16, steps: 3, batchSize: 2, accumulation: 1, flips: false } as const;

describe.skipIf(!isThere)('a model on the latents of an autoencoder', () => {
  it('goes on in stage 2, each picture encoded once, bit for bit also where it was cut off', async () => {
    const run = { dataset, backend, settings: SETTINGS };
    const whole = await trainSmall({
      ...run,
      run: join(folder, 'whole'),
      settings: { ...SETTINGS, sampleCount: 1, sampleEvery: 3 },
    });
    const encoded = await latents();
    expect(encoded.size).toBeGreaterThan(5);
    expect(whole.events.map(({ type }) => type)).toContain('sample');

    const cut = { ...run, run: join(folder, 'cut'), settings: { ...SETTINGS, checkpointEvery: 1 } };
    await trainUntil(afterStep(1), cut);
    const { model } = await trainSmall(cut);
    expect(await weightsOf(model)).toEqual(await weightsOf(whole.model));
    // Nothing was encoded again.
    expect(await latents()).toEqual(encoded);

    const opened = await openModelFolder(model);
    expect(opened.unet.reward).toBeDefined();
    expect(opened.images).toEqual((await openModelFolder(MODEL)).images);
    const text = 'text_encoder/model.safetensors';
    const [before, after] = [MODEL, model].map((place) => openSafetensors(join(place, text)));
    expect(await (await after).float32('text_model.final_layer_norm.weight')).toEqual(
      await (await before).float32('text_model.final_layer_norm.weight'),
    );
    await Promise.all([(await before).close(), (await after).close()]);
  });

  it('is made of one that makes pictures from text: what its first convolution does with the source is nothing at first', async () => {
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
