import { parseAutoencoderConfig } from '../autoencoder/index.ts';
import { parseClipTextConfig } from '../clip-text-config.ts';
import { autoencoderParameters, clipTextParameters, unetParameters } from '../network-parameters.ts';
import { initialParameters, type ParameterSpecs } from '../parameters.ts';
import type { RewardConfig } from '../reward-config.ts';
import { trainTokenizer } from '../train-tokenizer.ts';
import { parseUNetConfig } from '../unet-config.ts';
import { writeModelFolder, type ReadWeight } from '../write-model-folder.ts';

export interface TinyModelOptions {
  readonly seed?: number;
  /** Settings of reward layers; none by default. */
  readonly reward?: Partial<RewardConfig>;
  /** Input channels of the U-Net: 8 as in InstructPix2Pix, or 4 as in Stable Diffusion. */
  readonly channels?: 4 | 8;
}

/**
 * Writes a minimal model folder with InstructPix2Pix's architecture and random weights. Its autoencoder has a stride of 2, and sides must be
 * multiples of 4.
 */
export async function writeTinyModel(
  path: string,
  { seed = 3, reward, channels = 8 }: TinyModelOptions = {},
): Promise<void> {
  const tokenizer = trainTokenizer(['make it red'], { merges: 4, maxLength: 8 });
  const vocabulary = Object.keys(tokenizer.vocabulary).length;
  const unet = parseUNetConfig({
    in_channels: channels,
    out_channels: 4,
    block_out_channels: [8, 8],
    down_block_types: ['CrossAttnDownBlock2D', 'DownBlock2D'],
    up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D'],
    layers_per_block: 1,
    attention_head_dim: 2,
    norm_num_groups: 2,
    cross_attention_dim: 8,
    sample_size: 8,
    ...(reward && {
      reward: { text_width: 8, score_width: 8, attention_heads: 2, norm_num_groups: 2, ...reward },
    }),
  });
  const autoencoder = parseAutoencoderConfig({
    block_out_channels: [4, 8],
    norm_num_groups: 2,
    down_block_types: ['DownEncoderBlock2D', 'DownEncoderBlock2D'],
    up_block_types: ['UpDecoderBlock2D', 'UpDecoderBlock2D'],
  });
  const textEncoder = parseClipTextConfig({
    vocab_size: vocabulary,
    hidden_size: 8,
    intermediate_size: 8,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    max_position_embeddings: 8,
    // As in the tokenizer.
    bos_token_id: vocabulary - 2,
    eos_token_id: vocabulary - 1,
    pad_token_id: vocabulary - 1,
  });
  const reader = (specs: ParameterSpecs): ReadWeight => {
    const values = new Map(initialParameters(specs, seed));
    return async (name) => values.get(name)!;
  };
  await writeModelFolder(path, {
    unet: { config: unet, read: reader(unetParameters(unet)) },
    textEncoder: { config: textEncoder, read: reader(clipTextParameters(textEncoder)) },
    images: { autoencoder: { config: autoencoder, read: reader(autoencoderParameters(autoencoder)) } },
    tokenizer,
    scheduler: {
      _class_name: 'DDIMScheduler',
      beta_start: 0.00085,
      beta_end: 0.012,
      beta_schedule: 'scaled_linear',
      num_train_timesteps: 1000,
      prediction_type: 'epsilon',
      clip_sample: false,
      set_alpha_to_one: false,
      steps_offset: 1,
    },
  });
}
