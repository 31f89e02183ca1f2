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

/** The architecture of a model trained from scratch, in diffusers' terms. */
export interface Preset {
  readonly unet: UNetConfig;
  readonly textEncoder: ClipTextConfig;
  readonly scheduler: ModelToWrite['scheduler'];
  readonly images: OpenedModel['images'];
  readonly smartEdit?: SmartEditConfig | undefined;
}

/** Length in tokens of an instruction, and of the joined feedback of three perspectives. */
export const TEXT_TOKENS = 32;
const FEEDBACK_TOKENS = 77;
/** Merges of a new byte-pair vocabulary: enough for every common word of a small dataset to be one token. */
export const TEXT_MERGES = 1000;
/** Width of the text encoder, and so of the U-Net's context. */
const TEXT_WIDTH = 64;

/** Side in pixels of the squares that become one position of the network. */
const PATCH = 2;
/** The space of presets on pixels. */
export const PIXEL_SPACE = { space: 'pixel', patch_size: PATCH, coordinates: true } as const;
const GROUPS = 8;

/** The cosine schedule with zero terminal SNR. The network predicts the difference between the edited picture and the source. */
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
 * Channels of the U-Net's levels from fine to coarse. Only the middle block has cross-attention: adding it to the coarsest level takes a fifth more
 * time for no better edits.
 */
export const LEVELS = {
  /** 16 x 16 and 8 x 8 positions for pictures of 32 x 32 pixels. */
  scenes: [32, 64],
  /** 32 x 32, 16 x 16 and 8 x 8 positions for pictures of 64 x 64 pixels. */
  photos: [32, 48, 64],
  /** 32 x 32, 16 x 16 and 8 x 8 positions for latents of 256 x 256 pixels; wider, as a latent position carries more information. */
  latents: [64, 96, 128],
};

/** Width of the embedding of time, instruction and rewards for every residual block. */
const EMBEDDING_WIDTH = 256;

export type PresetName = keyof typeof LEVELS;

/** Returns the architecture of a preset for a tokenizer, with the reward layers of `rewards` if it is given. */
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
    /** Set for a model on its latents rather than on pixels. */
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
    // A size that the levels cannot halve is refused when the model is opened.
    sample_size: Math.ceil(size / space.side),
    // Noisy edit and source, and on pixels the coordinates.
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
    // Pixels are bounded by -1 and 1, latents are not.
    scheduler: { ...SCHEDULER, clip_sample: autoencoder === undefined },
    images: autoencoder ? { autoencoder } : { pixelSpace: PIXEL_SPACE },
    smartEdit,
  };
}

/** Returns the channels of a position, and the side in pixels of the square that it covers. */
function positionsOf(autoencoder: AutoencoderConfig | undefined): { channels: number; side: number } {
  if (!autoencoder) return { channels: 3 * PATCH ** 2, side: PATCH };
  const { channels, multiple } = createAutoencoder(autoencoder);
  return { channels, side: multiple };
}
