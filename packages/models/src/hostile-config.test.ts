import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openModelFolder } from './model-folder.ts';
import { openWeights, partsOf } from './model-weights.ts';
import { writeTinyModel } from './testing/index.ts';

let folder: string;
let model: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hostile-config-'));
  model = join(folder, 'model');
  await writeTinyModel(model);
});
afterAll(() => rm(folder, { recursive: true }));

/** What a model folder is refused for whose configuration says something else than its weights are. */
async function refusalOf(file: string, changes: object): Promise<unknown> {
  const path = join(model, file);
  const written = await readFile(path, 'utf8');
  await writeFile(path, JSON.stringify({ ...(JSON.parse(written) as object), ...changes }));
  try {
    const opened = await openModelFolder(model);
    for (const part of partsOf(opened)) await (await openWeights(opened, part)).close();
    return 'nothing';
  } catch (error) {
    return error;
  } finally {
    await writeFile(path, written);
  }
}

const UNET = 'unet/config.json';
const TEXT = 'text_encoder/config.json';
const VAE = 'vae/config.json';

it.each([
  [UNET, { in_channels: 4 }, 'conv_in.weight is 8x8x3x3, but the network needs 8x4x3x3'],
  [UNET, { in_channels: 2 ** 40 }, 'but the network needs 8x1099511627776x3x3'],
  [UNET, { block_out_channels: [2 ** 50, 2 ** 50] }, 'with another shape'],
  [UNET, { cross_attention_dim: 1e9 }, 'with another shape'],
  [UNET, { layers_per_block: 2 }, 'missing'],
  [UNET, { layers_per_block: 1e9 }, 'layers_per_block is 1000000000'],
  [UNET, { transformer_layers_per_block: 1e9 }, 'transformer_layers_per_block is 1000000000'],
  [UNET, { block_out_channels: Array.from({ length: 1000 }, () => 8) }, 'block_out_channels'],
  [TEXT, { num_hidden_layers: 1e9 }, 'num_hidden_layers is 1000000000'],
  [TEXT, { vocab_size: 2 ** 52 }, 'with another shape'],
  [TEXT, { hidden_size: 16 }, 'with another shape'],
  [VAE, { layers_per_block: 1e9 }, 'layers_per_block is 1000000000'],
  [VAE, { latent_channels: 2 ** 45 }, 'with another shape'],
])('%s with %j is refused, and builds nothing of that size', async (file, changes, message) => {
  const before = process.memoryUsage().rss;
  expect(await refusalOf(file, changes)).toMatchObject({
    code: 'bad-input',
    message: expect.stringContaining(message) as string,
  });
  expect(process.memoryUsage().rss - before).toBeLessThan(2 ** 28);
});
