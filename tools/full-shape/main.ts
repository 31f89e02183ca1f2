// npm run full-shape -- --config DIR --out DIR [--precision f32|f16] [--channels 8] [--shards 1]
// [--single-file FILE] [--smartedit 4096|5120] [--seed 0], or npm run full-shape -- --states DIR [--seed 0]
// Makes a model folder of Stable Diffusion 1.5 at full shape with random weights, to measure what such a
// model takes; its U-Net is in one file or in several with an index. --single-file also writes it as one file
// in the original layout. --smartedit adds SmartEdit at full shape, for stored states of this width (7B,
// 13B). --states fills in the missing states of a store.
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createRandom } from '@rewardedit/core';
import { sizeOf } from '@rewardedit/graph';
import {
  autoencoderParameters,
  clipTextParameters,
  openModel,
  openSafetensors,
  openTokenizer,
  parseAutoencoderConfig,
  parseClipTextConfig,
  parseUNetConfig,
  smartEditParameters,
  unetParameters,
  writeModelFolder,
  writeSafetensors,
  writeSingleFile,
  type ParameterSpecs,
} from '@rewardedit/models';
import { readJsonFile } from '../parity/reference-sets.ts';
import { fillWithRandomStates } from './random-states.ts';
import { fullSmartEdit } from './smartedit-config.ts';

/**
 * Random numbers from which all weights are taken, each from its own offset. Drawing a billion would take
 * minutes.
 */
const DRAWN = 2 ** 20;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      config: { type: 'string' },
      out: { type: 'string' },
      precision: { type: 'string', default: 'f32' },
      channels: { type: 'string', default: '8' },
      shards: { type: 'string', default: '1' },
      'single-file': { type: 'string' },
      smartedit: { type: 'string' },
      states: { type: 'string' },
      seed: { type: 'string', default: '0' },
    },
  });
  const seed = Number(values.seed);
  if (values.states !== undefined) {
    await fillWithRandomStates(values.states, seed);
    return;
  }
  const { config, out, precision } = values;
  if (!config || !out || (precision !== 'f32' && precision !== 'f16')) {
    throw new Error(
      'Usage: full-shape -- --config DIR --out DIR [--precision f32|f16] [--channels 4|8] [--shards N] [--single-file FILE] [--smartedit WIDTH] [--seed N], or full-shape -- --states DIR [--seed N]',
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
  createRandom(seed, 'full-shape').fillNormal(drawn);
  const smartEdit = values.smartedit === undefined ? undefined : fullSmartEdit(Number(values.smartedit));
  await writeModelFolder(out, {
    unet: { config: unet, read: weightsOf(unetParameters(unet), drawn) },
    textEncoder: { config: textEncoder, read: weightsOf(clipTextParameters(textEncoder), drawn) },
    smartEdit: smartEdit && {
      config: smartEdit,
      read: weightsOf(smartEditParameters(smartEdit), drawn),
    },
    images: {
      autoencoder: { config: autoencoder, read: weightsOf(autoencoderParameters(autoencoder), drawn) },
    },
    tokenizer: (await openTokenizer(join(config, 'tokenizer'))).files,
    scheduler: (await json('scheduler/scheduler_config.json')) as { _class_name: string },
    dtype: precision,
  });
  const single = values['single-file'];
  if (single !== undefined) await writeSingleFile(await openModel(out), single, { precision });
  if (Number(values.shards) > 1) await splitUNet(out, Number(values.shards), precision);
}

/** Writes the U-Net's weights as several files with an index, as diffusers does for large ones. */
async function splitUNet(model: string, count: number, dtype: 'f32' | 'f16'): Promise<void> {
  const [folder, name] = [join(model, 'unet'), 'diffusion_pytorch_model'];
  const path = join(folder, `${name}.safetensors`);
  const file = await openSafetensors(path);
  const names = [...file.tensors.keys()];
  const map: Record<string, string> = {};
  for (let shard = 0; shard < count; shard++) {
    const number = (n: number) => String(n).padStart(5, '0');
    const target = `${name}-${number(shard + 1)}-of-${number(count)}.safetensors`;
    const own = names.filter((_, i) => Math.floor((i * count) / names.length) === shard);
    for (const each of own) map[each] = target;
    const tensors = own.map((each) => [each, { shape: file.tensors.get(each)!.shape, dtype }] as const);
    await writeSafetensors(join(folder, target), Object.fromEntries(tensors), (each) => file.float32(each));
  }
  await file.close();
  await writeFile(`${path}.index.json`, JSON.stringify({ metadata: {}, weight_map: map }));
  await rm(path);
  // It names the single file; folders saved by diffusers lack it.
  await rm(join(model, 'manifest.json'));
}

/**
 * Values that keep the scale of activations about constant: norms 1, biases 0, weights scaled by their number
 * of inputs.
 */
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
