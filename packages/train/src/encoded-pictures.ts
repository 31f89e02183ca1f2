import type { Random } from '@rewardedit/core';
import type { Picture } from '@rewardedit/data';
import { AUTOENCODER, spaceOf, toPixelSpace, type EditModelConfig } from '@rewardedit/diffusion';
import { constant, input, program, sub, type Backend, type State } from '@rewardedit/graph';
import { createNetwork } from '@rewardedit/models';
import { openComputedStore, stateDigest, type Computed } from './computed-store.ts';
import type { TrainedModel } from './model.ts';

/** A picture in the network's space. */
export interface EncodedPicture {
  /** The version that conditions the network as the source picture. */
  readonly mode: Float32Array;
  /** The version that is learned as the edit; for latents, a new random sample each time. */
  sample(random: Random): Float32Array;
}

export interface PictureEncoder {
  encode(picture: Picture): Promise<EncodedPicture>;
  /** The autoencoder's weights, to decode with. */
  readonly autoencoder?: State | undefined;
  close(): Promise<void>;
}

/** Returns the encoder of models on pixels, which is deterministic. */
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
 * Returns the encoder of models on latents. Its results are stored next to the dataset under a hash of the pixels and the autoencoder's weights,
 * so a changed picture or autoencoder is encoded again.
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
  // The mode, and mean and standard deviation of samples.
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

/** Builds the program from `pixels` to what is stored. A sample is linear in its noise. */
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
