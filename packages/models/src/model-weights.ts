import { RewardEditError } from '@rewardedit/core';
import { join } from 'node:path';
import type { TensorData } from '@rewardedit/graph';
import { autoencoderNames, openAutoencoder } from './autoencoder/index.ts';
import { openComponentWeights } from './component-weights.ts';
import {
  AUTOENCODER_FOLDER,
  SMARTEDIT_WEIGHTS,
  TEXT_ENCODER_WEIGHTS,
  UNET_WEIGHTS,
  type OpenedModel,
} from './model-folder.ts';
import { autoencoderParameters, clipTextParameters, unetParameters } from './network-parameters.ts';
import { openTensorFile } from './open-tensor-file.ts';
import { singleFileParts, type SingleFileConfig } from './original-layout/index.ts';
import type { ParameterSpecs } from './parameters.ts';
import { smartEditParameters } from './smartedit/smartedit.ts';
import type { TensorFile } from './tensor-file.ts';
import { assertFits, loadWeights, type WeightOptions, type WriteWeight } from './weights.ts';
import type { ReadWeight } from './write-model-folder.ts';

/** The networks of a model. */
export type ModelPart = keyof typeof PARTS;

/** The weights of one network, read one at a time by the network's parameter names. */
export interface OpenWeights {
  readonly specs: ParameterSpecs;
  readonly file: TensorFile;
  readonly nameInFile: (name: string) => string;
  readonly read: ReadWeight;
  close(): Promise<void>;
}

/**
 * Opens the weights of a network and checks that they fit it.
 *
 * @throws RewardEditError 'bad-input' naming tensors that are missing, unexpected, or have another shape.
 */
export async function openWeights(model: OpenedModel, part: ModelPart): Promise<OpenWeights> {
  const { file, specs, options } = await openPart(model, part);
  try {
    assertFits(file, specs, options);
  } catch (error) {
    await file.close();
    throw error;
  }
  const { nameInFile = (name: string) => name } = options;
  return {
    specs,
    file,
    nameInFile,
    read: (name) => file.float32(nameInFile(name)),
    close: () => file.close(),
  };
}

/**
 * Loads a network's weights, one tensor at a time.
 *
 * @param options.specs parameters of the network to load, if it differs from the model's own, such as one with new reward layers.
 * @param options.mayMiss names of new parameters, which keep their values.
 * @returns the names of the new parameters.
 * @throws RewardEditError 'bad-input' if the weights do not fit.
 */
export async function loadPart(
  model: OpenedModel,
  part: ModelPart,
  write: WriteWeight,
  { specs, mayMiss }: Pick<WeightOptions, 'mayMiss'> & { specs?: ParameterSpecs } = {},
): Promise<string[]> {
  const { file, specs: own, options } = await openPart(model, part);
  try {
    return await loadWeights(file, specs ?? own, write, { ...options, ...(mayMiss && { mayMiss }) });
  } finally {
    await file.close();
  }
}

/** Returns the networks of a model. */
export function partsOf({ images, smartEdit }: Pick<OpenedModel, 'images' | 'smartEdit'>): ModelPart[] {
  return [
    'unet',
    'textEncoder',
    ...('autoencoder' in images ? (['autoencoder'] as const) : []),
    ...(smartEdit ? (['smartEdit'] as const) : []),
  ];
}

interface OpenedPart {
  readonly file: TensorFile;
  readonly specs: ParameterSpecs;
  /** How the file names them. */
  readonly options: WeightOptions;
}

const PARTS = {
  async unet({ path, unet }) {
    return { file: await openIn(path, UNET_WEIGHTS), specs: unetParameters(unet), options: {} };
  },
  async textEncoder({ path, textEncoder }) {
    const file = await openIn(path, TEXT_ENCODER_WEIGHTS);
    return { file, specs: clipTextParameters(textEncoder), options: clipTextNames(file) };
  },
  async autoencoder({ path }) {
    const { config, weights } = await openAutoencoder(join(path, AUTOENCODER_FOLDER));
    return { file: weights, specs: autoencoderParameters(config), options: autoencoderNames(weights) };
  },
  async smartEdit({ path, smartEdit }) {
    if (!smartEdit) throw new Error('openWeights: the model is not a SmartEdit model.');
    return {
      file: await openIn(path, SMARTEDIT_WEIGHTS),
      specs: smartEditParameters(smartEdit),
      options: {},
    };
  },
} as const satisfies Record<string, (model: OpenedModel) => Promise<OpenedPart>>;

function openIn(path: string, [folder, name]: readonly [string, string]): Promise<TensorFile> {
  return openComponentWeights(join(path, folder), name);
}

async function openPart(model: OpenedModel, part: ModelPart): Promise<OpenedPart> {
  if (model.layout === 'folder') return PARTS[part](model);
  if (part === 'smartEdit') throw new Error('openWeights: a single file has no SmartEdit weights.');
  const { specs, nameOf, owns } = singleFileParts(singleFileConfig(model))[part];
  const file = await openTensorFile(model.path);
  return { file, specs, options: { nameInFile: nameOf, ignores: (name) => !owns(name) } };
}

/** Returns how a file names the weights of a CLIP text encoder, for `loadWeights`. */
export function clipTextNames(file: Pick<TensorFile, 'tensors'>): WeightOptions {
  // transformers omits the first part of the names since version 5.
  const isShort = file.tensors.has('final_layer_norm.weight');
  return {
    nameInFile: (name) => (isShort ? name.replace(/^text_model\./, '') : name),
    // 0, 1, 2, ...: old versions saved it with the weights.
    ignores: (name) => name.endsWith('embeddings.position_ids'),
  };
}

/**
 * Returns the configuration of a model's networks for the single-file layout.
 *
 * @throws RewardEditError 'bad-input' for a model that the layout does not support.
 */
export function singleFileConfig({
  path,
  unet,
  textEncoder,
  images,
  smartEdit,
}: OpenedModel): SingleFileConfig {
  if ('autoencoder' in images && !smartEdit) return { unet, textEncoder, autoencoder: images.autoencoder };
  throw new RewardEditError(
    'bad-input',
    `${smartEdit ? 'SmartEdit' : 'a model on pixels'} cannot be written as a single file`,
    {
      where: path,
      hint: 'Keep it as a folder.',
    },
  );
}

/** Returns shapes and values of all networks of a model under the original layout's names, for `writeSafetensors`. */
export function asSingleFile(
  config: SingleFileConfig,
  read: Readonly<Record<keyof SingleFileConfig, ReadWeight>>,
): { shapes: Record<string, { shape: readonly number[] }>; read: (name: string) => Promise<TensorData> } {
  const places = Object.entries(singleFileParts(config)).flatMap(([part, { specs, nameOf }]) =>
    Object.entries(specs).map(
      ([name, { shape }]) => [nameOf(name), { part: part as keyof SingleFileConfig, name, shape }] as const,
    ),
  );
  const byName = new Map(places);
  return {
    shapes: Object.fromEntries(places.map(([name, { shape }]) => [name, { shape }])),
    read: (name) => {
      const { part, name: own } = byName.get(name)!;
      return read[part](own);
    },
  };
}
