import { join } from 'node:path';
import type { TensorData } from '@rewardedit/graph';
import { autoencoderNames, openAutoencoder } from './autoencoder/index.ts';
import { openComponentWeights } from './component-weights.ts';
import {
  AUTOENCODER_FOLDER,
  TEXT_ENCODER_WEIGHTS,
  UNET_WEIGHTS,
  clipTextNames,
  type ModelFolder,
  type ReadWeight,
} from './model-folder.ts';
import { autoencoderParameters, clipTextParameters, unetParameters } from './network-parameters.ts';
import { singleFileParts, type Component, type SingleFileConfig } from './original-layout/index.ts';
import type { ParameterSpecs } from './parameters.ts';
import type { TensorFile } from './tensor-file.ts';
import { assertFits, type WeightOptions } from './weights.ts';

/** The weights of one network, read one at a time under the names that it gives them. */
export interface OpenWeights {
  readonly specs: ParameterSpecs;
  readonly file: TensorFile;
  readonly read: ReadWeight;
  close(): Promise<void>;
}

/**
 * Opens the weights of a network in a model folder, and sees that they fit it.
 *
 * @throws RewardEditError 'bad-input' where they do not, naming those that are missing, of another shape, or belong to nothing.
 */
export async function openWeights(folder: ModelFolder, component: Component): Promise<OpenWeights> {
  const { file, specs, options } = await OPEN[component](folder);
  try {
    assertFits(file, specs, options);
  } catch (error) {
    await file.close();
    throw error;
  }
  const { nameInFile = (name: string) => name } = options;
  return { specs, file, read: (name) => file.float32(nameInFile(name)), close: () => file.close() };
}

interface Opened {
  readonly file: TensorFile;
  readonly specs: ParameterSpecs;
  readonly options: WeightOptions;
}

const OPEN: Readonly<Record<Component, (folder: ModelFolder) => Promise<Opened>>> = {
  async unet({ path, unet }) {
    const [folder, name] = UNET_WEIGHTS;
    const file = await openComponentWeights(join(path, folder), name);
    return { file, specs: unetParameters(unet), options: {} };
  },
  async textEncoder({ path, textEncoder }) {
    const [folder, name] = TEXT_ENCODER_WEIGHTS;
    const file = await openComponentWeights(join(path, folder), name);
    return { file, specs: clipTextParameters(textEncoder), options: clipTextNames(file) };
  },
  async autoencoder({ path }) {
    const { config, weights } = await openAutoencoder(join(path, AUTOENCODER_FOLDER));
    return { file: weights, specs: autoencoderParameters(config), options: autoencoderNames(weights) };
  },
};

/**
 * The weights of all networks in one file of the original layout, each by the network's own names. Whether they fit is checked first.
 *
 * @throws RewardEditError 'bad-input' where they do not.
 */
export function singleFileWeights(file: TensorFile, config: SingleFileConfig): Record<Component, ReadWeight> {
  const parts = singleFileParts(config);
  const reader =
    (component: Component): ReadWeight =>
    (name) =>
      file.float32(parts[component].nameOf(name));
  return { unet: reader('unet'), autoencoder: reader('autoencoder'), textEncoder: reader('textEncoder') };
}

/** The values of all networks of a model under the names of the original layout: what `writeSafetensors` needs. */
export function asSingleFile(
  config: SingleFileConfig,
  read: Readonly<Record<Component, ReadWeight>>,
): { shapes: Record<string, { shape: readonly number[] }>; read: (name: string) => Promise<TensorData> } {
  const places = Object.entries(singleFileParts(config)).flatMap(([component, { specs, nameOf }]) =>
    Object.entries(specs).map(
      ([name, { shape }]) => [nameOf(name), { component: component as Component, name, shape }] as const,
    ),
  );
  const byName = new Map(places);
  return {
    shapes: Object.fromEntries(places.map(([name, { shape }]) => [name, { shape }])),
    read: (name) => {
      const { component, name: own } = byName.get(name)!;
      return read[component](own);
    },
  };
}
