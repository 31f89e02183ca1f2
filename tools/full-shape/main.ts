// npm run full-shape -- --config DIR --out DIR [--precision f32|f16] [--channels 8] [--seed 0]
// A model folder of the full shape of Stable Diffusion 1.5 with random weights, to measure what such a model takes.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createRandom } from '@rewardedit/core';
import { sizeOf } from '@rewardedit/graph';
import {
  autoencoderParameters,
  clipTextParameters,
  openTokenizer,
  parseAutoencoderConfig,
  parseClipTextConfig,
  parseUNetConfig,
  unetParameters,
  writeModelFolder,
  type ParameterSpecs,
} from '@rewardedit/models';
import { readJsonFile } from '../parity/reference-sets.ts';

/** Numbers that are drawn; every weight is made of them, from a place of its own. Drawing a billion would take minutes. */
const DRAWN = 2 ** 20;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      config: { type: 'string' },
      out: { type: 'string' },
      precision: { type: 'string', default: 'f32' },
      channels: { type: 'string', default: '8' },
      seed: { type: 'string', default: '0' },
    },
  });
  const { config, out, precision } = values;
  if (!config || !out || (precision !== 'f32' && precision !== 'f16')) {
    throw new Error(
      'Usage: full-shape -- --config DIR --out DIR [--precision f32|f16] [--channels 4|8] [--seed N]',
    );
  }
  const json = (component: string) => readJsonFile(join(config, component));
  const unet = parseUNetConfig({
    ...((await json('unet/config.json')) as object),
    in_channels: Number(values.channels),
  });
  const textEncoder = parseClipTextConfig(await json('text_encoder/config.json'));
  const autoencoder = parseAutoencoderConfig(await json('vae/config.json'));
  const drawn = new Float32Array(DRAWN);
  createRandom(Number(values.seed), 'full-shape').fillNormal(drawn);
  await writeModelFolder(out, {
    unet: { config: unet, read: weightsOf(unetParameters(unet), drawn) },
    textEncoder: { config: textEncoder, read: weightsOf(clipTextParameters(textEncoder), drawn) },
    images: {
      autoencoder: { config: autoencoder, read: weightsOf(autoencoderParameters(autoencoder), drawn) },
    },
    tokenizer: (await openTokenizer(join(config, 'tokenizer'))).files,
    scheduler: (await json('scheduler/scheduler_config.json')) as { _class_name: string },
    dtype: precision,
  });
}

/** Values that keep activations of about the same size from layer to layer: norms at 1, biases at 0, weights by their inputs. */
function weightsOf(specs: ParameterSpecs, drawn: Float32Array) {
  return async (name: string): Promise<Float32Array> => {
    const { shape, initialization } = specs[name];
    const values = new Float32Array(sizeOf(shape));
    if (initialization.kind === 'constant') return values.fill(initialization.value);
    const deviation =
      initialization.kind === 'normal' ? initialization.deviation : initialization.bound / Math.sqrt(3);
    const start = createRandom(0, name).integer(DRAWN);
    return values.map((_, i) => deviation * drawn[(start + i) % DRAWN]);
  };
}

await main();
