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
import { AUTOENCODER_CLASSES, type AutoencoderConfig } from './autoencoder/index.ts';
import type { ClipTextConfig } from './clip-text-config.ts';
import { formatJson } from './json-files.ts';
import {
  AUTOENCODER_FOLDER,
  SMARTEDIT_WEIGHTS,
  TEXT_ENCODER_WEIGHTS,
  UNET_WEIGHTS,
  type PixelSpace,
  type SchedulerSettings,
} from './model-folder.ts';
import { autoencoderParameters, clipTextParameters, unetParameters } from './network-parameters.ts';
import type { ParameterSpecs } from './parameters.ts';
import { writeSafetensors, type TensorToWrite } from './safetensors-writer.ts';
import type { SmartEditConfig } from './smartedit/smartedit-config.ts';
import { smartEditParameters } from './smartedit/smartedit.ts';
import type { StoredType } from './stored-types.ts';
import { writeTokenizer } from './tokenizer-files.ts';
import type { TokenizerFiles } from './tokenizer.ts';
import type { UNetConfig } from './unet-config.ts';

/** Version of diffusers whose layout is written. */
const DIFFUSERS_VERSION = '0.29.0';

/** Returns the values of a weight, usually a backend's `state.read`. */
export type ReadWeight = (name: string) => Promise<TensorData>;

export interface ModelToWrite {
  readonly unet: { readonly config: UNetConfig; readonly read: ReadWeight };
  readonly textEncoder: { readonly config: ClipTextConfig; readonly read: ReadWeight };
  readonly smartEdit?: { readonly config: SmartEditConfig; readonly read: ReadWeight } | undefined;
  readonly tokenizer: TokenizerFiles;
  readonly scheduler: SchedulerSettings;
  /** Element type of stored weights, f32 by default. */
  readonly dtype?: Exclude<StoredType, 'i32'> | undefined;
  /** The space the U-Net works in: pixels, or latents of an autoencoder, whose folder is copied or whose weights are written. */
  readonly images:
    | { readonly pixelSpace: PixelSpace }
    | { readonly vaeFolder: string; readonly vaeClass?: string | undefined }
    | { readonly autoencoder: { readonly config: AutoencoderConfig; readonly read: ReadWeight } };
}

/**
 * Writes a model folder in diffusers' layout atomically, with a manifest to verify it. Reward layers are extra keys among the U-Net's weights,
 * as in the published model, and the section `reward` of its configuration.
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
      files[file] = await writeSafetensors(
        join(folder, file),
        storedAs(specs, model.dtype),
        model.smartEdit.read,
      );
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

/** Returns the parameters with the element type to store. */
function storedAs(
  parameters: ParameterSpecs,
  dtype: ModelToWrite['dtype'] = 'f32',
): Readonly<Record<string, TensorToWrite>> {
  return Object.fromEntries(Object.entries(parameters).map(([name, { shape }]) => [name, { shape, dtype }]));
}

function weightsFile([folder, name]: readonly [string, string]): string {
  return `${folder}/${name}.safetensors`;
}

/** Returns `model_index.json`, by which diffusers opens the folder. */
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
