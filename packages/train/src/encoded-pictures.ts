import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RUNS_FOLDER, type Random } from '@rewardedit/core';
import type { Picture } from '@rewardedit/data';
import { AUTOENCODER, spaceOf, toPixelSpace, type EditModelConfig } from '@rewardedit/diffusion';
import { constant, input, program, sub, type Backend, type State } from '@rewardedit/graph';
import { createNetwork, openSafetensors, writeSafetensors } from '@rewardedit/models';
import type { TrainedModel } from './model.ts';

/** A picture as the network takes it. */
export interface EncodedPicture {
  /** As the picture to be edited is shown. */
  readonly mode: Float32Array;
  /** As an edit is learned: drawn anew each time, where the space is an autoencoder's. */
  sample(random: Random): Float32Array;
}

export interface PictureEncoder {
  encode(picture: Picture): Promise<EncodedPicture>;
  /** The autoencoder's weights, for whoever decodes. */
  readonly autoencoder?: State | undefined;
  close(): Promise<void>;
}

/** The encoder of models on pixels: nothing is drawn. */
export function pixelEncoder({ space }: Pick<EditModelConfig, 'space'>): PictureEncoder {
  return {
    encode: async (picture) => {
      const mode = toPixelSpace(picture, space.multiple);
      return { mode, sample: () => mode };
    },
    close: async () => undefined,
  };
}

/** What is kept of a picture: its mode, and centre and spread of its samples. */
const KEPT = ['mode', 'center', 'spread'] as const;

type Kept = Readonly<Record<(typeof KEPT)[number], Float32Array>>;

/**
 * The encoder of models on latents. What it computes is kept beside the dataset, in a file named after the pixels and after the
 * autoencoder's weights: each picture is encoded once, in this run and in those that follow, and a changed picture or another
 * autoencoder is encoded anew.
 *
 * @param dataset its folder.
 */
export async function latentEncoder(
  { model, autoencoder }: { model: EditModelConfig; autoencoder: NonNullable<TrainedModel['autoencoder']> },
  { dataset, size, backend }: { dataset: string; size: number; backend: Backend },
): Promise<PictureEncoder> {
  const state = await backend.createState(autoencoder.specs);
  const weights = createHash('sha256');
  await autoencoder.load(async (name, values) => {
    weights.update(name).update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    await state.write(name, values);
  });
  const digest = weights.digest('hex');
  const executable = await backend.compile(encodingProgram(model, size), { [AUTOENCODER]: state });
  const { channels, width, height } = spaceOf(model, { width: size, height: size });
  const shape = [channels, height, width];
  const isFolder = (await stat(dataset)).isDirectory();
  const folder = join(isFolder ? dataset : dirname(dataset), RUNS_FOLDER, 'latents');

  async function encode(picture: Picture): Promise<EncodedPicture> {
    const name = createHash('sha256')
      .update(`${digest} ${picture.width} ${picture.height} `)
      .update(picture.data);
    const key = name.digest('hex');
    const path = join(folder, key.slice(0, 2), `${key}.safetensors`);
    const { mode, center, spread } = existsSync(path) ? await read(path) : await compute(picture, path);
    return { mode, sample: (random) => drawn(center, spread, random) };
  }
  async function read(path: string): Promise<Kept> {
    const file = await openSafetensors(path);
    try {
      const [mode, center, spread] = await Promise.all(KEPT.map((name) => file.float32(name)));
      return { mode, center, spread };
    } finally {
      await file.close();
    }
  }
  async function compute(picture: Picture, path: string): Promise<Kept> {
    const results = await executable.run({ pixels: toPixelSpace(picture, 1) });
    const kept = results as unknown as Kept;
    await mkdir(dirname(path), { recursive: true });
    const tensors = Object.fromEntries(KEPT.map((name) => [name, { shape }]));
    await writeSafetensors(path, tensors, (name) => kept[name as keyof Kept]);
    return kept;
  }

  return {
    encode,
    autoencoder: state,
    async close() {
      await executable.dispose();
      await state.dispose();
    },
  };
}

/** What is kept of a picture of some size, computed from its `pixels`. A sample is linear in the noise it is drawn with. */
function encodingProgram(model: EditModelConfig, size: number) {
  const network = createNetwork();
  const encoded = model.space.encode(network.scope.at(AUTOENCODER), input('pixels', [1, 3, size, size]));
  const { shape } = encoded.mode;
  const center = encoded.sample(constant(0, shape));
  const spread = sub(encoded.sample(constant(1, shape)), center);
  return program({ outputs: { mode: encoded.mode, center, spread } });
}

function drawn(center: Float32Array, spread: Float32Array, random: Random): Float32Array {
  const noise = new Float32Array(center.length);
  random.fillNormal(noise);
  return center.map((value, i) => value + spread[i] * noise[i]);
}
