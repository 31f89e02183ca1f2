import type { Random } from '@rewardedit/core';
import type { Picture } from '@rewardedit/data';
import { AUTOENCODER, spaceOf, toPixelSpace, type EditModelConfig } from '@rewardedit/diffusion';
import { constant, input, program, sub, type Backend, type State } from '@rewardedit/graph';
import { createNetwork } from '@rewardedit/models';
import { openComputedStore, stateDigest, type Computed } from './computed-store.ts';
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

/**
 * The encoder of models on latents. What it computes is kept beside the dataset, in a file named after the pixels and after the
 * autoencoder's weights: a changed picture or another autoencoder is encoded anew.
 *
 * @param dataset its folder.
 */
export async function latentEncoder(
  { model, autoencoder }: { model: EditModelConfig; autoencoder: NonNullable<TrainedModel['autoencoder']> },
  { dataset, size, backend }: { dataset: string; size: number; backend: Backend },
): Promise<PictureEncoder> {
  const state = await backend.createState(autoencoder.specs);
  await autoencoder.load((name, values) => state.write(name, values));
  const digest = await stateDigest(state);
  const executable = await backend.compile(encodingProgram(model, size), { [AUTOENCODER]: state });
  const { channels, width, height } = spaceOf(model, { width: size, height: size });
  const shape = [channels, height, width];
  // Its mode, and centre and spread of its samples.
  const store = await openComputedStore(dataset, 'latents', { mode: shape, center: shape, spread: shape });

  return {
    async encode(picture) {
      const key = [digest, `${picture.width} x ${picture.height}`, picture.data];
      const { mode, center, spread } = await store.get(key, async () => {
        const results = await executable.run({ pixels: toPixelSpace(picture, 1) });
        return results as Computed<'mode' | 'center' | 'spread'>;
      });
      return { mode, sample: (random) => drawn(center, spread, random) };
    },
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
