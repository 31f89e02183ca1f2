import { RewardEditError } from '@rewardedit/core';
import {
  createAutoencoder,
  textWidth,
  type ClipTextConfig,
  type OpenedModel,
  type SmartEditConfig,
  type UNetConfig,
} from '@rewardedit/models';
import { latentSpace, pixelSpace, type PictureSpace } from './picture-space/index.ts';
import { samplerOfScheduler, type SamplerName } from './samplers/index.ts';
import { parseSchedulerConfig, type SchedulerConfig } from './scheduler-config.ts';

/** The configuration of an editing model, without its weights. */
export interface EditModelConfig {
  readonly unet: UNetConfig;
  readonly textEncoder: ClipTextConfig;
  readonly scheduler: SchedulerConfig;
  /** The sampler that is equivalent to the model's own scheduler, if there is one. */
  readonly sampler?: SamplerName | undefined;
  /** The space of the network's input and output: pixels or latents. */
  readonly space: PictureSpace;
  /** Whether two extra channels give the network the coordinates of each position. */
  readonly coordinates: boolean;
  /** Length in tokens to which instructions are padded or cut. */
  readonly tokens: number;
  /** Set if SmartEdit encodes picture and instruction, instead of the text encoder alone. */
  readonly smartEdit?: SmartEditConfig | undefined;
}

/** Prefixes of the networks' weights in a shared state. */
export const UNET = 'unet';
export const TEXT_ENCODER = 'text_encoder';
export const AUTOENCODER = 'vae';

/** Returns channels, width and height of the network's output for pictures of the given size. */
export function spaceOf(
  { space: { channels, multiple } }: EditModelConfig,
  size: { width: number; height: number },
) {
  return { channels, width: size.width / multiple, height: size.height / multiple };
}

/** Returns whether a model works on pixels rather than on latents of an autoencoder. */
export function worksOnPixels({ space: { channels, multiple } }: Pick<EditModelConfig, 'space'>): boolean {
  return channels === 3 * multiple ** 2;
}

/**
 * Collects the configuration of a model from its opened folder, or from a preset.
 *
 * @throws RewardEditError 'bad-input' if the U-Net's input or output channels do not match.
 */
export function editModelConfig({
  unet: unetConfig,
  textEncoder,
  scheduler,
  images,
  tokenizer,
  smartEdit,
}: Pick<
  OpenedModel,
  'unet' | 'textEncoder' | 'scheduler' | 'images' | 'tokenizer' | 'smartEdit'
>): EditModelConfig {
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
      `the U-Net has ${unetConfig.out_channels} output channels, but ${made.by} have ${space.channels}`,
      { where: 'unet/config.json', hint: `out_channels must match ${made.fit}` },
    );
  }
  const taken = 2 * unetConfig.out_channels + (coordinates ? 2 : 0);
  if (unetConfig.in_channels !== taken) {
    throw new RewardEditError(
      'bad-input',
      `the U-Net has ${unetConfig.in_channels} input channels, but noisy edit and source have ${taken}`,
      { where: 'unet/config.json', hint: 'in_channels must match out_channels and model_index.json' },
    );
  }
  if (smartEdit) assertFits(smartEdit, unetConfig, textEncoder);
  return {
    unet: unetConfig,
    textEncoder,
    scheduler: parseSchedulerConfig(scheduler),
    sampler: samplerOfScheduler(scheduler),
    space,
    coordinates,
    tokens: tokenizer.maxLength,
    smartEdit,
  };
}

/** @throws RewardEditError 'bad-input' if SmartEdit's outputs do not have the widths that the U-Net expects. */
function assertFits({ qformer, bim }: SmartEditConfig, unet: UNetConfig, textEncoder: ClipTextConfig): void {
  const pairs = [
    [
      'bim.map_channels',
      bim.map_channels,
      "the channels of the U-Net's first level",
      unet.block_out_channels[0],
    ],
    ['qformer.hidden_size', qformer.hidden_size, "the width of the U-Net's context", textWidth(unet)],
    // The text encoder encodes the empty instruction, which replaces a missing one.
    ['qformer.hidden_size', qformer.hidden_size, "the text encoder's hidden_size", textEncoder.hidden_size],
  ] as const;
  for (const [key, found, what, wanted] of pairs) {
    if (found === wanted) continue;
    throw new RewardEditError('bad-input', `${key} is ${found}, but ${what} is ${wanted}`, {
      where: 'smartedit/config.json',
    });
  }
  if (qformer.query_length <= textEncoder.max_position_embeddings) return;
  throw new RewardEditError(
    'bad-input',
    `there are ${qformer.query_length} queries, but the text encoder has ${textEncoder.max_position_embeddings} positions`,
    { where: 'smartedit/config.json' },
  );
}
