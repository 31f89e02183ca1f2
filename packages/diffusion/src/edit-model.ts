import { RewardEditError } from '@rewardedit/core';
import {
  createAutoencoder,
  type ClipTextConfig,
  type ModelFolder,
  type UNetConfig,
} from '@rewardedit/models';
import { latentSpace, pixelSpace, type PictureSpace } from './picture-space/index.ts';
import { samplerOfScheduler, type SamplerName } from './samplers/index.ts';
import { parseSchedulerConfig, type SchedulerConfig } from './scheduler-config.ts';

/** What an editing model consists of, without its weights. */
export interface EditModelConfig {
  readonly unet: UNetConfig;
  readonly textEncoder: ClipTextConfig;
  readonly scheduler: SchedulerConfig;
  /** The sampler that equals the model's own scheduler, where there is one. */
  readonly sampler?: SamplerName | undefined;
  /** What pictures are to the network. */
  readonly space: PictureSpace;
  /** Whether two more channels tell the network where in the picture it is. */
  readonly coordinates: boolean;
  /** Ids that instructions are filled up or cut to. */
  readonly tokens: number;
}

/** Prefixes under which the networks' weights stand in one state. */
export const UNET = 'unet';
export const TEXT_ENCODER = 'text_encoder';
export const AUTOENCODER = 'vae';

/** Channels, width and height of what the network predicts for pictures of the given size. */
export function spaceOf(
  { space: { channels, multiple } }: EditModelConfig,
  size: { width: number; height: number },
) {
  return { channels, width: size.width / multiple, height: size.height / multiple };
}

/**
 * Gathers what a model consists of from its opened folder, or from a preset.
 *
 * @throws RewardEditError 'bad-input' for a U-Net that takes or makes other channels than there are.
 */
export function editModelConfig({
  unet: unetConfig,
  textEncoder,
  scheduler,
  images,
  tokenizer,
}: Pick<ModelFolder, 'unet' | 'textEncoder' | 'scheduler' | 'images' | 'tokenizer'>): EditModelConfig {
  const space =
    'pixelSpace' in images
      ? pixelSpace(images.pixelSpace.patch_size)
      : latentSpace(createAutoencoder(images.autoencoder));
  const coordinates = 'pixelSpace' in images && images.pixelSpace.coordinates === true;
  if (unetConfig.out_channels !== space.channels) {
    const made =
      'pixelSpace' in images
        ? { by: `squares of ${space.multiple} pixels a side`, fit: 'patch_size in model_index.json' }
        : { by: "the autoencoder's latents", fit: 'latent_channels in vae/config.json' };
    throw new RewardEditError(
      'bad-input',
      `the U-Net makes ${unetConfig.out_channels} channels; ${made.by} have ${space.channels}`,
      { where: 'unet/config.json', hint: `out_channels must fit ${made.fit}` },
    );
  }
  const taken = 2 * unetConfig.out_channels + (coordinates ? 2 : 0);
  if (unetConfig.in_channels !== taken) {
    throw new RewardEditError(
      'bad-input',
      `the U-Net takes ${unetConfig.in_channels} channels; noisy edit and source have ${taken}`,
      { where: 'unet/config.json', hint: 'in_channels must fit out_channels and model_index.json' },
    );
  }
  return {
    unet: unetConfig,
    textEncoder,
    scheduler: parseSchedulerConfig(scheduler),
    sampler: samplerOfScheduler(scheduler),
    space,
    coordinates,
    tokens: tokenizer.maxLength,
  };
}
