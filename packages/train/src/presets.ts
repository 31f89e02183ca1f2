import { createAutoencoder, parseClipTextConfig, parseUNetConfig } from '@rewardedit/models';
import type {
  AutoencoderConfig,
  ClipTextConfig,
  ModelToWrite,
  OpenedModel,
  SmartEditConfig,
  Tokenizer,
  UNetConfig,
} from '@rewardedit/models';
import type { TrainConfig } from './config.ts';
import { rewardLayers } from './reward-layers.ts';
import { smallSmartEdit } from './smartedit-preset.ts';

/** An architecture for a model that learns from nothing, in diffusers' vocabulary. */
export interface Preset {
  readonly unet: UNetConfig;
  readonly textEncoder: ClipTextConfig;
  readonly scheduler: ModelToWrite['scheduler'];
  readonly images: OpenedModel['images'];
  readonly smartEdit?: SmartEditConfig | undefined;
}

/** Ids that an instruction is cut or filled up to, and the feedback of three perspectives together. */
export const TEXT_TOKENS = 32;
const FEEDBACK_TOKENS = 77;
/** Byte pairs that a new vocabulary joins: enough for every common word of a small dataset to be one token. */
export const TEXT_MERGES = 1000;
/** Width of the text encoder, and with it of the words that the U-Net attends to. */
const TEXT_WIDTH = 64;

/** Squares of this many pixels a side become one position of the network. */
const PATCH = 2;
/** What pictures are to presets on pixels. */
export const PIXEL_SPACE = { space: 'pixel', patch_size: PATCH, coordinates: true } as const;
const GROUPS = 8;

/** The cosine schedule down to no signal at all; what is predicted is the edited picture, as the source plus a difference. */
const SCHEDULER = {
  _class_name: 'DDIMScheduler',
  num_train_timesteps: 1000,
  beta_schedule: 'squaredcos_cap_v2',
  rescale_betas_zero_snr: true,
  timestep_spacing: 'trailing',
  prediction_type: 'sample',
  residual: true,
  set_alpha_to_one: true,
  steps_offset: 0,
};

/**
 * Channels of the U-Net's levels from fine to coarse. Only the middle block attends to the words: attention in the coarsest
 * level as well takes a fifth more time for no better edits.
 */
export const LEVELS = {
  /** 16 x 16 and 8 x 8 positions for pictures of 32 x 32 pixels. */
  scenes: [32, 64],
  /** 32 x 32, 16 x 16 and 8 x 8 positions for pictures of 64 x 64 pixels. */
  photos: [32, 48, 64],
  /** 32 x 32, 16 x 16 and 8 x 8 positions for the latents of 256 x 256 pixels, of which a position says more than of pixels. */
  latents: [64, 96, 128],
};

/** Width of the vector that carries time, instruction and rewards to every residual block. */
const EMBEDDING_WIDTH = 256;

export type PresetName = keyof typeof LEVELS;

/** The architecture of that name, for a tokenizer; with reward layers as a training asks for them, where it is to take rewards. */
export function preset(
  name: PresetName,
  {
    tokenizer,
    rewards,
    size,
    pipeline,
    autoencoder,
  }: {
    tokenizer: Tokenizer;
    rewards: TrainConfig | undefined;
    size: number;
    pipeline: NonNullable<TrainConfig['pipeline']>;
    /** On whose latents the model is to work, and not on pixels. */
    autoencoder?: AutoencoderConfig | undefined;
  },
): Preset {
  const vocabulary = Object.keys(tokenizer.files.vocabulary).length;
  const smartEdit =
    pipeline === 'smartedit'
      ? smallSmartEdit({
          vocabulary,
          words: TEXT_TOKENS,
          size,
          width: TEXT_WIDTH,
          channels: LEVELS[name][0],
        })
      : undefined;
  const contextTokens = smartEdit ? smartEdit.qformer.query_length : TEXT_TOKENS;
  const channels = LEVELS[name];
  const space = positionsOf(autoencoder);
  const textEncoder = parseClipTextConfig({
    vocab_size: vocabulary,
    hidden_size: TEXT_WIDTH,
    intermediate_size: 2 * TEXT_WIDTH,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    max_position_embeddings: FEEDBACK_TOKENS,
    eos_token_id: tokenizer.endId,
    bos_token_id: tokenizer.startId,
    pad_token_id: tokenizer.padId,
    projection_dim: TEXT_WIDTH,
  });
  const unet = parseUNetConfig({
    // A size that the levels cannot halve is refused where the model is opened.
    sample_size: Math.ceil(size / space.side),
    // Noisy edit and source, and on pixels where each position is.
    in_channels: 2 * space.channels + (autoencoder ? 0 : 2),
    out_channels: space.channels,
    block_out_channels: channels,
    layers_per_block: 1,
    down_block_types: channels.map(() => 'DownBlock2D'),
    mid_block_type: 'UNetMidBlock2DCrossAttn',
    up_block_types: channels.map(() => 'UpBlock2D'),
    attention_head_dim: 2,
    cross_attention_dim: TEXT_WIDTH,
    norm_num_groups: GROUPS,
    time_embedding_dim: EMBEDDING_WIDTH,
    resnet_time_scale_shift: 'scale_shift',
    class_embed_type: 'simple_projection',
    projection_class_embeddings_input_dim: contextTokens * TEXT_WIDTH,
    ...(rewards && {
      reward: rewardLayers(rewards, {
        textWidth: TEXT_WIDTH,
        groups: GROUPS,
        channels: channels[0],
        isTrained: false,
        space: autoencoder ? 'latents' : 'pixels',
      }),
    }),
  });
  return {
    unet,
    textEncoder,
    // Pixels end at -1 and 1, latents nowhere.
    scheduler: { ...SCHEDULER, clip_sample: autoencoder === undefined },
    images: autoencoder ? { autoencoder } : { pixelSpace: PIXEL_SPACE },
    smartEdit,
  };
}

/** Channels of a position of the network, and the pixels along a side of the square that it stands for. */
function positionsOf(autoencoder: AutoencoderConfig | undefined): { channels: number; side: number } {
  if (!autoencoder) return { channels: 3 * PATCH ** 2, side: PATCH };
  const { channels, multiple } = createAutoencoder(autoencoder);
  return { channels, side: multiple };
}
