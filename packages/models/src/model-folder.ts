import { join } from 'node:path';
import { z } from 'zod';
import { openAutoencoder, type AutoencoderConfig } from './autoencoder/index.ts';
import { parseClipTextConfig, type ClipTextConfig } from './clip-text-config.ts';
import { openComponentWeights } from './component-weights.ts';
import { modelFolderAt } from './hub-cache.ts';
import { readJson } from './json-files.ts';
import { rewardConfigOf } from './reward-config.ts';
import { parseSmartEditConfig, type SmartEditConfig } from './smartedit/smartedit-config.ts';
import { openTokenizer } from './tokenizer-files.ts';
import type { Tokenizer } from './tokenizer.ts';
import { parseUNetConfig, type UNetConfig } from './unet-config.ts';

/** Folder and weight file of each component. */
export const UNET_WEIGHTS = ['unet', 'diffusion_pytorch_model'] as const;
export const TEXT_ENCODER_WEIGHTS = ['text_encoder', 'model'] as const;
export const AUTOENCODER_FOLDER = 'vae';
export const TOKENIZER_FOLDER = 'tokenizer';
export const SMARTEDIT_WEIGHTS = ['smartedit', 'model'] as const;

/**
 * The key `rewardedit` in `model_index.json`, ignored by diffusers, of a model that works on pixels rather than latents: squares of
 * `patch_size` pixels become channels, and with `coordinates` two extra channels give each position's coordinates. Other settings are kept.
 */
const pixelSpaceSchema = z.looseObject({
  space: z.literal('pixel'),
  patch_size: z.number().int().positive(),
  coordinates: z.boolean().optional(),
});

export type PixelSpace = z.output<typeof pixelSpaceSchema>;

const indexSchema = z.looseObject({
  rewardedit: pixelSpaceSchema.optional(),
  /** The pipeline that conditions the U-Net. A separate key, because models on latents have no `rewardedit`. */
  rewardedit_pipeline: z.enum(['instruct-pix2pix', 'smartedit']).default('instruct-pix2pix'),
});
const schedulerSchema = z.looseObject({ _class_name: z.string() });

/** `scheduler_config.json`, with the scheduler's class in diffusers. */
export type SchedulerSettings = z.output<typeof schedulerSchema>;

/** An opened model, without its weights. */
export interface OpenedModel {
  /** A folder in diffusers' layout, or a single file with the weights of all networks. */
  readonly path: string;
  readonly layout: 'folder' | 'single-file';
  /** The U-Net, with a `reward` section if the weights have reward layers, even if the file has no such section. */
  readonly unet: UNetConfig;
  readonly textEncoder: ClipTextConfig;
  readonly tokenizer: Tokenizer;
  readonly scheduler: SchedulerSettings;
  /** The space the U-Net works in: pixels, or latents of the autoencoder in `vae/`. */
  readonly images: { readonly pixelSpace: PixelSpace } | { readonly autoencoder: AutoencoderConfig };
  /** Set if SmartEdit encodes picture and instruction. */
  readonly smartEdit?: SmartEditConfig | undefined;
}

/**
 * Opens a model folder, or a model in Hugging Face's cache. Of the weights, only headers are read.
 *
 * @throws RewardEditError 'bad-input' naming the file and what is wrong with it.
 */
export async function openModelFolder(named: string): Promise<OpenedModel> {
  const path = await modelFolderAt(named);
  const index = await readJson(join(path, 'model_index.json'), indexSchema);
  const textConfig = join(path, 'text_encoder', 'config.json');
  return {
    path,
    layout: 'folder',
    unet: await openUNetConfig(path),
    textEncoder: parseClipTextConfig(await readJson(textConfig, z.unknown()), textConfig),
    tokenizer: await openTokenizer(join(path, TOKENIZER_FOLDER)),
    scheduler: await openScheduler(path),
    images: index.rewardedit ? { pixelSpace: index.rewardedit } : await openAutoencoderConfig(path),
    smartEdit: index.rewardedit_pipeline === 'smartedit' ? await openSmartEditConfig(path) : undefined,
  };
}

/** Reads the scheduler settings of a model folder. */
export function openScheduler(path: string): Promise<SchedulerSettings> {
  return readJson(join(path, 'scheduler', 'scheduler_config.json'), schedulerSchema);
}

async function openSmartEditConfig(path: string): Promise<SmartEditConfig> {
  const file = join(path, 'smartedit', 'config.json');
  return parseSmartEditConfig(await readJson(file, z.unknown()), file);
}

async function openUNetConfig(path: string): Promise<UNetConfig> {
  const file = join(path, 'unet', 'config.json');
  const config = parseUNetConfig(await readJson(file, z.unknown()), file);
  if (config.reward) return config;
  // Published configurations have no such section: only the weights show that there are reward layers.
  const [folder, name] = UNET_WEIGHTS;
  const weights = await openComponentWeights(join(path, folder), name);
  await weights.close();
  const reward = rewardConfigOf((weight) => weights.tensors.get(weight)?.shape);
  return reward ? parseUNetConfig({ ...config, reward }, file) : config;
}

async function openAutoencoderConfig(path: string): Promise<{ autoencoder: AutoencoderConfig }> {
  const { config, weights } = await openAutoencoder(join(path, AUTOENCODER_FOLDER));
  await weights.close();
  return { autoencoder: config };
}
