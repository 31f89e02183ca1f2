import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { evaluate, fromFloat16, input, program, toFloat16 } from '@rewardedit/graph';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { autoencoderParameters } from '../network-parameters.ts';
import { createNetwork, initialParameters, type ParameterSpecs } from '../parameters.ts';
import { writeSafetensors } from '../safetensors-writer.ts';
import { storedZip, tensorPickle, type PickledWeight } from '../torch/torch-files.test.helper.ts';
import { loadWeights } from '../weights.ts';
import {
  autoencoderNames,
  createAutoencoder,
  openAutoencoder,
  parseAutoencoderConfig,
  type AutoencoderConfig,
} from './index.ts';

const KL = parseAutoencoderConfig({
  _class_name: 'AutoencoderKL',
  block_out_channels: [4, 8, 8],
  down_block_types: ['DownEncoderBlock2D', 'DownEncoderBlock2D', 'DownEncoderBlock2D'],
  up_block_types: ['UpDecoderBlock2D', 'UpDecoderBlock2D', 'UpDecoderBlock2D'],
  layers_per_block: 2,
  norm_num_groups: 2,
});
const TINY = parseAutoencoderConfig({
  _class_name: 'AutoencoderTiny',
  encoder_block_out_channels: [4, 4],
  decoder_block_out_channels: [4, 4],
  num_encoder_blocks: [1, 2],
  num_decoder_blocks: [2, 1],
  latent_channels: 5,
  pool_branches: true,
});

/** TAESD but for its width. */
const TAESD = parseAutoencoderConfig({
  _class_name: 'AutoencoderTiny',
  encoder_block_out_channels: [4, 4, 4, 4],
  decoder_block_out_channels: [4, 4, 4, 4],
});

/** A tensor in a storage of its own, as torch saves parameters. */
function weightOf(key: string, shape: readonly number[]): PickledWeight {
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((product, side) => product * side, 1));
  return { storage: 'HalfStorage', key, offset: 0, shape, strides };
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'autoencoder-'));
});
afterAll(() => rm(folder, { recursive: true }));

function valuesOf(specs: ParameterSpecs): Record<string, Float32Array> {
  return Object.fromEntries(initialParameters(specs, 1));
}

/** Saves weights under other names, in the shapes given. */
async function save(
  path: string,
  specs: ParameterSpecs,
  nameOf: (name: string) => string = (name) => name,
  shapeOf: (shape: readonly number[]) => readonly number[] = (shape) => shape,
) {
  const values = valuesOf(specs);
  const entries = Object.keys(specs).map((name) => [nameOf(name), name] as const);
  const originals = Object.fromEntries(entries);
  const tensors = Object.fromEntries(
    entries.map(([saved, name]) => [saved, { shape: shapeOf(specs[name].shape) }]),
  );
  await writeSafetensors(path, tensors, (saved) => values[originals[saved]]);
}

/** Configuration and weights as they are found at a path. */
async function load(path: string): Promise<{ config: AutoencoderConfig; found: Record<string, unknown> }> {
  const { config, weights } = await openAutoencoder(path);
  const found: Record<string, unknown> = {};
  try {
    await loadWeights(
      weights,
      autoencoderParameters(config),
      async (name, values) => void (found[name] = values),
      autoencoderNames(weights),
    );
  } finally {
    await weights.close();
  }
  return { config, found };
}

describe('layouts of weights', () => {
  it("include diffusers', with the old names and shapes of attention", async () => {
    const path = join(folder, 'old');
    await mkdir(path);
    await writeFile(
      join(path, 'config.json'),
      JSON.stringify({ ...KL, _class_name: 'AutoencoderKL', kind: undefined }),
    );
    const specs = autoencoderParameters(KL);
    const old = (name: string) =>
      name
        .replace(/\.to_q\./, '.query.')
        .replace(/\.to_k\./, '.key.')
        .replace(/\.to_v\./, '.value.')
        .replace(/\.to_out\.0\./, '.proj_attn.');
    const asConvolution = (shape: readonly number[]) => (shape.length === 2 ? [...shape, 1, 1] : shape);
    await save(join(path, 'diffusion_pytorch_model.safetensors'), specs, old, asConvolution);
    expect(await load(path)).toEqual({ config: KL, found: valuesOf(specs) });
  });

  it("include madebyollin/taesd's, in two files without a configuration", async () => {
    const path = join(folder, 'published');
    await mkdir(path);
    const specs = autoencoderParameters(TINY);
    for (const half of ['encoder', 'decoder']) {
      const own = Object.fromEntries(Object.entries(specs).filter(([name]) => name.startsWith(half)));
      const published = (name: string) =>
        name.replace(/layers\.(\d+)/, (_, layer: string) =>
          String(Number(layer) + (half === 'decoder' ? 1 : 0)),
        );
      await save(join(path, `${half}.safetensors`), own, published);
    }
    const { config, found } = await load(path);
    expect(config).toEqual(TINY);
    expect(found).toEqual(valuesOf(specs));
  });

  it("include madebyollin/taesd's, in exactly two files without prefixes", async () => {
    const path = join(folder, 'halves');
    await mkdir(path);
    const specs = autoencoderParameters(TINY);
    for (const half of ['encoder', 'decoder']) {
      const own = Object.fromEntries(Object.entries(specs).filter(([name]) => name.startsWith(half)));
      const published = (name: string) =>
        name.replace(/^.*layers\.(\d+)/, (_, layer: string) =>
          String(Number(layer) + (half === 'decoder' ? 1 : 0)),
        );
      await save(join(path, `tae_${half}.safetensors`), own, published);
    }
    expect(await load(path)).toEqual({ config: TINY, found: valuesOf(specs) });
    await writeFile(join(path, 'encoder.pth'), '');
    await expect(load(path)).rejects.toThrow('several encoder files: encoder.pth, tae_encoder.safetensors');
  });

  it("include madebyollin/taesd's, as torch saved the two halves: numbered layers in half precision", async () => {
    const path = join(folder, 'torch');
    await mkdir(path);
    // TAESD's own counts and names; its width is 64.
    const specs = autoencoderParameters(TAESD);
    const values = Object.fromEntries(
      Object.entries(valuesOf(specs)).map(([name, own]) => [name, fromFloat16(toFloat16(own))]),
    );
    for (const [half, first] of [
      ['encoder', 0],
      ['decoder', 1],
    ] as const) {
      const published = (name: string) =>
        name.replace(/^.*layers\.(\d+)/, (_, layer: string) => String(Number(layer) + first));
      const own = Object.keys(specs).filter((name) => name.startsWith(half));
      const weights = own.map(
        (name, i) => [published(name), weightOf(String(i), specs[name].shape)] as const,
      );
      const data = own.map(
        (name, i) => [`archive/data/${i}`, new Uint8Array(toFloat16(values[name]).buffer)] as const,
      );
      const files = {
        'archive/data.pkl': tensorPickle(Object.fromEntries(weights)),
        ...Object.fromEntries(data),
      };
      await writeFile(join(path, `taesd_${half}.pth`), storedZip(files));
    }
    expect(await load(path)).toEqual({ config: TAESD, found: values });
  });

  it("include diffusers' names in one file without a configuration", async () => {
    const path = join(folder, 'tiny.safetensors');
    const specs = autoencoderParameters(TINY);
    await save(path, specs);
    expect(await load(path)).toEqual({ config: TINY, found: valuesOf(specs) });
  });

  it('exclude files that are not autoencoders', async () => {
    const path = join(folder, 'other.safetensors');
    await writeSafetensors(path, { weight: { shape: [1] } }, () => new Float32Array(1));
    await expect(openAutoencoder(path)).rejects.toThrow('not those of a tiny autoencoder');
    await expect(openAutoencoder(folder)).rejects.toThrow('neither config.json nor encoder.safetensors');
  });
});

describe('networks', () => {
  it.each([
    ['kl', KL, 4],
    ['tiny', TINY, 2],
  ])('%s: halve odd sizes down, and come back to multiples', (_, config, multiple) => {
    const { scope, specs } = createNetwork();
    const autoencoder = createAutoencoder(config);
    expect(autoencoder.multiple).toBe(multiple);
    const { mean, logVariance } = autoencoder.encode(
      scope,
      input('pixels', [1, 3, 2 * multiple, 3 * multiple]),
    );
    expect(mean.shape).toEqual([1, config.latent_channels, 2, 3]);
    expect(logVariance?.shape).toEqual(config.kind === 'kl' ? mean.shape : undefined);
    const decoded = autoencoder.decode(scope, mean);
    expect(decoded.shape).toEqual([1, 3, 2 * multiple, 3 * multiple]);
    const pixels = Float32Array.from({ length: 18 * multiple ** 2 }, (_, i) => Math.sin(i));
    const { outputs } = evaluate(program({ outputs: { decoded } }), {
      inputs: { pixels },
      state: valuesOf(specs),
    });
    expect(outputs['decoded'].every(Number.isFinite)).toBe(true);
  });
});

describe('parseAutoencoderConfig', () => {
  it('accepts configurations of Stable Diffusion 1.x, which omit the defaults', () => {
    expect(parseAutoencoderConfig({ sample_size: 512, _diffusers_version: '0.6.0' })).toMatchObject({
      kind: 'kl',
      scaling_factor: 0.18215,
      use_quant_conv: true,
    });
  });

  it('rejects unsupported settings by name', () => {
    expect(() => parseAutoencoderConfig({ _class_name: 'VQModel' })).toThrow('"VQModel"');
    expect(() => parseAutoencoderConfig({ latents_mean: [1] })).toThrow('latents_mean');
    expect(() => parseAutoencoderConfig({ block_out_channels: [30], norm_num_groups: 4 })).toThrow(
      '30 channels',
    );
    expect(() =>
      parseAutoencoderConfig({ _class_name: 'AutoencoderTiny', decoder_block_out_channels: [4, 8, 8, 8] }),
    ).toThrow('the same width');
  });
});
