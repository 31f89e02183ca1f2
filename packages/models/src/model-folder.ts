import { cp, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import {
  fingerprintOf,
  writeFingerprinted,
  writeFolderAtomic,
  writeManifest,
  type FileFingerprint,
} from '@rewardedit/core';
import type { TensorData } from '@rewardedit/graph';
import { z } from 'zod';
import {
  AUTOENCODER_CLASSES,
  autoencoderNames,
  openAutoencoder,
  type AutoencoderConfig,
} from './autoencoder/index.ts';
import { parseClipTextConfig, type ClipTextConfig } from './clip-text-config.ts';
import { openComponentWeights } from './component-weights.ts';
import { modelFolderAt } from './hub-cache.ts';
import { formatJson, readJson } from './json-files.ts';
import { autoencoderParameters, clipTextParameters, unetParameters } from './network-parameters.ts';
import type { ParameterSpecs } from './parameters.ts';
import { rewardConfigOf } from './reward-config.ts';
import { writeSafetensors, type TensorToWrite } from './safetensors-writer.ts';
import type { StoredType } from './stored-types.ts';
import type { TensorFile } from './tensor-file.ts';
import { parseSmartEditConfig, type SmartEditConfig } from './smartedit/smartedit-config.ts';
import { smartEditParameters } from './smartedit/smartedit.ts';
import { openTokenizer, writeTokenizer } from './tokenizer-files.ts';
import type { Tokenizer, TokenizerFiles } from './tokenizer.ts';
import { parseUNetConfig, type UNetConfig } from './unet-config.ts';
import { loadWeights, type WeightOptions, type WriteWeight } from './weights.ts';

/** The version of diffusers whose layout is written. */
const DIFFUSERS_VERSION = '0.29.0';
/** The folder of each component, and what its weights are called there. */
export const UNET_WEIGHTS = ['unet', 'diffusion_pytorch_model'] as const;
export const TEXT_ENCODER_WEIGHTS = ['text_encoder', 'model'] as const;
export const AUTOENCODER_FOLDER = 'vae';
const SMARTEDIT_WEIGHTS = ['smartedit', 'model'] as const;

/**
 * What `model_index.json` says of a model that works on pixels instead of an autoencoder's latents, under the key `rewardedit`,
 * which diffusers passes over: pixels are gathered from squares of `patch_size` into channels, and where `coordinates` says so,
 * two more channels tell the network where in the picture it is. Other settings are kept as given.
 */
export const pixelSpaceSchema = z.looseObject({
  space: z.literal('pixel'),
  patch_size: z.number().int().positive(),
  coordinates: z.boolean().optional(),
});

export type PixelSpace = z.output<typeof pixelSpaceSchema>;

const indexSchema = z.looseObject({
  rewardedit: pixelSpaceSchema.optional(),
  /** Which pipeline tells the U-Net what to do; in a key of its own, as models on latents have no `rewardedit`. */
  rewardedit_pipeline: z.enum(['instruct-pix2pix', 'smartedit']).default('instruct-pix2pix'),
});
const schedulerSchema = z.looseObject({ _class_name: z.string() });

/** `scheduler_config.json`, with the scheduler's class in diffusers. */
export type SchedulerSettings = z.output<typeof schedulerSchema>;

/** A model in a folder of diffusers' layout, opened but for its weights. */
export interface ModelFolder {
  readonly path: string;
  /** The U-Net; with a `reward` section if the weights have reward layers, whether or not the file says so. */
  readonly unet: UNetConfig;
  readonly textEncoder: ClipTextConfig;
  readonly tokenizer: Tokenizer;
  readonly scheduler: SchedulerSettings;
  /** What the U-Net works on: pixels, or the latents of the autoencoder in `vae/`. */
  readonly images: { readonly pixelSpace: PixelSpace } | { readonly autoencoder: AutoencoderConfig };
  /** What tells the U-Net of picture and instruction, beside its text encoder, if anything does. */
  readonly smartEdit?: SmartEditConfig | undefined;
}

/**
 * Opens a model folder, or a model in Hugging Face's cache: everything but the weights, of which only the list is read.
 *
 * @throws RewardEditError 'bad-input' that names the file and what is wrong with it.
 */
export async function openModelFolder(named: string): Promise<ModelFolder> {
  const path = await modelFolderAt(named);
  const index = await readJson(join(path, 'model_index.json'), indexSchema);
  const textConfig = join(path, 'text_encoder', 'config.json');
  return {
    path,
    unet: await openUNetConfig(path),
    textEncoder: parseClipTextConfig(await readJson(textConfig, z.unknown()), textConfig),
    tokenizer: await openTokenizer(join(path, 'tokenizer')),
    scheduler: await readJson(join(path, 'scheduler', 'scheduler_config.json'), schedulerSchema),
    images: index.rewardedit ? { pixelSpace: index.rewardedit } : await openAutoencoderConfig(path),
    smartEdit: index.rewardedit_pipeline === 'smartedit' ? await openSmartEditConfig(path) : undefined,
  };
}

async function openSmartEditConfig(path: string): Promise<SmartEditConfig> {
  const file = join(path, 'smartedit', 'config.json');
  return parseSmartEditConfig(await readJson(file, z.unknown()), file);
}

async function openUNetConfig(path: string): Promise<UNetConfig> {
  const file = join(path, 'unet', 'config.json');
  const config = parseUNetConfig(await readJson(file, z.unknown()), file);
  if (config.reward) return config;
  // The published code has no such section: its weights alone show that they take rewards.
  const weights = await openPart(path, UNET_WEIGHTS);
  await weights.close();
  const reward = rewardConfigOf((name) => weights.tensors.get(name)?.shape);
  return reward ? parseUNetConfig({ ...config, reward }, file) : config;
}

async function openAutoencoderConfig(path: string): Promise<{ autoencoder: AutoencoderConfig }> {
  const { config, weights } = await openAutoencoder(join(path, AUTOENCODER_FOLDER));
  await weights.close();
  return { autoencoder: config };
}

function openPart(path: string, [folder, name]: readonly [string, string]): Promise<TensorFile> {
  return openComponentWeights(join(path, folder), name);
}

/**
 * Loads the U-Net's weights, one tensor at a time.
 *
 * @param options.specs the network they are for, where it is not the folder's own: with new reward layers, for instance.
 * @param options.mayMiss new layers, by name, which keep the values they have.
 * @returns the names of those.
 * @throws RewardEditError 'bad-input' where the weights do not fit.
 */
export async function loadUNet(
  folder: ModelFolder,
  write: WriteWeight,
  { specs = unetParameters(folder.unet), ...options }: WeightOptions & { specs?: ParameterSpecs } = {},
): Promise<string[]> {
  const file = await openPart(folder.path, UNET_WEIGHTS);
  try {
    return await loadWeights(file, specs, write, options);
  } finally {
    await file.close();
  }
}

/**
 * Loads the text encoder's weights, one tensor at a time.
 *
 * @throws RewardEditError 'bad-input' where the weights do not fit.
 */
export async function loadTextEncoder(folder: ModelFolder, write: WriteWeight): Promise<void> {
  const file = await openPart(folder.path, TEXT_ENCODER_WEIGHTS);
  try {
    await loadWeights(file, clipTextParameters(folder.textEncoder), write, clipTextNames(file));
  } finally {
    await file.close();
  }
}

/**
 * Loads the weights of the autoencoder, one tensor at a time, where the model has one.
 *
 * @throws RewardEditError 'bad-input' where the weights do not fit.
 */
export async function loadAutoencoder({ path, images }: ModelFolder, write: WriteWeight): Promise<void> {
  if ('pixelSpace' in images) return;
  const { weights } = await openAutoencoder(join(path, AUTOENCODER_FOLDER));
  try {
    const specs = autoencoderParameters(images.autoencoder);
    await loadWeights(weights, specs, write, autoencoderNames(weights));
  } finally {
    await weights.close();
  }
}

/**
 * Loads what SmartEdit has beside U-Net and text encoder, one tensor at a time; nothing for other models.
 *
 * @throws RewardEditError 'bad-input' where the weights do not fit.
 */
export async function loadSmartEdit({ path, smartEdit }: ModelFolder, write: WriteWeight): Promise<void> {
  if (!smartEdit) return;
  const file = await openPart(path, SMARTEDIT_WEIGHTS);
  try {
    await loadWeights(file, smartEditParameters(smartEdit), write);
  } finally {
    await file.close();
  }
}

/** How a file of a CLIP text encoder's weights calls them, for `loadWeights`. */
export function clipTextNames(file: Pick<TensorFile, 'tensors'>): WeightOptions {
  // Since its version 5, transformers leaves out the first part of the names.
  const isShort = file.tensors.has('final_layer_norm.weight');
  return {
    nameInFile: (name) => (isShort ? name.replace(/^text_model\./, '') : name),
    // 0, 1, 2, ...: old versions saved it among the weights.
    ignores: (name) => name.endsWith('embeddings.position_ids'),
  };
}

/** Called for the values of each weight in turn: usually a backend's `state.read`. */
export type ReadWeight = (name: string) => Promise<TensorData>;

export interface ModelToWrite {
  readonly unet: { readonly config: UNetConfig; readonly read: ReadWeight };
  readonly textEncoder: { readonly config: ClipTextConfig; readonly read: ReadWeight };
  readonly smartEdit?: { readonly config: SmartEditConfig; readonly read: ReadWeight } | undefined;
  readonly tokenizer: TokenizerFiles;
  readonly scheduler: SchedulerSettings;
  /** How weights are stored; f32 by default. */
  readonly dtype?: Exclude<StoredType, 'i32'> | undefined;
  /** What the U-Net works on: pixels, or the latents of an autoencoder, whose folder is copied. */
  readonly images:
    | { readonly pixelSpace: PixelSpace }
    | { readonly vaeFolder: string; readonly vaeClass?: string | undefined }
    | { readonly autoencoder: { readonly config: AutoencoderConfig; readonly read: ReadWeight } };
}

/**
 * Writes a model folder that diffusers opens, under a temporary name until it is whole, with a manifest by which it can be told
 * whether it still is. Reward layers are extra keys among the U-Net's weights, as in the published model, and a section of its
 * configuration.
 */
export async function writeModelFolder(path: string, model: ModelToWrite): Promise<void> {
  await writeFolderAtomic(path, async (folder) => {
    const files: Record<string, FileFingerprint> = {};
    const write = async (name: string, value: unknown) => {
      files[name] = await writeFingerprinted(join(folder, name), formatJson(value));
    };
    for (const name of ['unet', 'text_encoder', 'scheduler']) await mkdir(join(folder, name));
    await write('unet/config.json', {
      _class_name: 'UNet2DConditionModel',
      _diffusers_version: DIFFUSERS_VERSION,
      ...model.unet.config,
    });
    const unetFile = weightsFile(UNET_WEIGHTS);
    files[unetFile] = await writeSafetensors(
      join(folder, unetFile),
      storedAs(unetParameters(model.unet.config), model.dtype),
      model.unet.read,
    );
    await write('text_encoder/config.json', {
      architectures: ['CLIPTextModel'],
      model_type: 'clip_text_model',
      torch_dtype: model.dtype === 'f16' ? 'float16' : 'float32',
      ...model.textEncoder.config,
    });
    const { config, read } = model.textEncoder;
    const textEncoderFile = weightsFile(TEXT_ENCODER_WEIGHTS);
    files[textEncoderFile] = await writeSafetensors(
      join(folder, textEncoderFile),
      storedAs(clipTextParameters(config), model.dtype),
      read,
    );
    if (model.smartEdit) {
      await mkdir(join(folder, 'smartedit'));
      await write('smartedit/config.json', model.smartEdit.config);
      const file = weightsFile(SMARTEDIT_WEIGHTS);
      const specs = smartEditParameters(model.smartEdit.config);
      files[file] = await writeSafetensors(join(folder, file), specs, model.smartEdit.read);
    }
    const tokenizer = await writeTokenizer(join(folder, 'tokenizer'), model.tokenizer);
    for (const [name, written] of Object.entries(tokenizer)) files[`tokenizer/${name}`] = written;
    await write('scheduler/scheduler_config.json', model.scheduler);
    if ('vaeFolder' in model.images) {
      await cp(model.images.vaeFolder, join(folder, 'vae'), { recursive: true });
      for (const name of await readdir(join(folder, 'vae')))
        files[`vae/${name}`] = await fingerprintOf(join(folder, 'vae', name));
    }
    if ('autoencoder' in model.images) {
      const { config: settings, read: readAutoencoder } = model.images.autoencoder;
      await mkdir(join(folder, AUTOENCODER_FOLDER));
      const { kind, ...own } = settings;
      await write(`${AUTOENCODER_FOLDER}/config.json`, {
        _class_name: AUTOENCODER_CLASSES[kind],
        _diffusers_version: DIFFUSERS_VERSION,
        ...own,
      });
      const file = `${AUTOENCODER_FOLDER}/diffusion_pytorch_model.safetensors`;
      files[file] = await writeSafetensors(
        join(folder, file),
        storedAs(autoencoderParameters(settings), model.dtype),
        readAutoencoder,
      );
    }
    await write('model_index.json', indexOf(model));
    await writeManifest(folder, { files });
  });
}

/** Parameters in the element type that a model is written in. */
function storedAs(
  parameters: ParameterSpecs,
  dtype: ModelToWrite['dtype'] = 'f32',
): Readonly<Record<string, TensorToWrite>> {
  return Object.fromEntries(Object.entries(parameters).map(([name, { shape }]) => [name, { shape, dtype }]));
}

function weightsFile([folder, name]: readonly [string, string]): string {
  return `${folder}/${name}.safetensors`;
}

/** The list of components by which diffusers opens the folder. */
function indexOf({ scheduler, images, smartEdit }: ModelToWrite): Record<string, unknown> {
  const none = [null, null];
  return {
    _class_name: 'StableDiffusionInstructPix2PixPipeline',
    _diffusers_version: DIFFUSERS_VERSION,
    feature_extractor: none,
    image_encoder: none,
    requires_safety_checker: false,
    safety_checker: none,
    scheduler: ['diffusers', scheduler['_class_name']],
    text_encoder: ['transformers', 'CLIPTextModel'],
    tokenizer: ['transformers', 'CLIPTokenizer'],
    unet: ['diffusers', 'UNet2DConditionModel'],
    ...('pixelSpace' in images
      ? { vae: none, rewardedit: images.pixelSpace }
      : { vae: ['diffusers', autoencoderClass(images)] }),
    ...(smartEdit && { rewardedit_pipeline: 'smartedit' }),
  };
}

function autoencoderClass(images: Exclude<ModelToWrite['images'], { pixelSpace: PixelSpace }>): string {
  if ('autoencoder' in images) return AUTOENCODER_CLASSES[images.autoencoder.config.kind];
  return images.vaeClass ?? AUTOENCODER_CLASSES.kl;
}
