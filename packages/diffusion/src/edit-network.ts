import { RewardEditError } from '@rewardedit/core';
import { input, mul, reshape, type Tensor, type TensorData } from '@rewardedit/graph';
import {
  clipText,
  createNetwork,
  pooledPositions,
  pooledText,
  unet,
  unetInputs,
  type ClipTextConfig,
  type ModelFolder,
  type Network,
  type PixelSpace,
  type Tokenizer,
  type UNetConfig,
} from '@rewardedit/models';
import { coordinateChannels } from './pixel-space.ts';
import { parseSchedulerConfig, type SchedulerConfig } from './scheduler-config.ts';

/** What an editing model consists of, without its weights. */
export interface EditModelConfig {
  readonly unet: UNetConfig;
  readonly textEncoder: ClipTextConfig;
  readonly scheduler: SchedulerConfig;
  readonly pixelSpace: PixelSpace;
  /** Ids that instructions are filled up or cut to. */
  readonly tokens: number;
}

/** Prefixes under which the two networks' weights stand in one state. */
export const UNET = 'unet';
export const TEXT_ENCODER = 'text_encoder';

/** Width, height and channels of what the network predicts for pictures of the given size. */
export function spaceOf(config: EditModelConfig, size: { width: number; height: number }) {
  const { patch_size: patch } = config.pixelSpace;
  return { channels: config.unet.out_channels, width: size.width / patch, height: size.height / patch };
}

/** What every sample of the U-Net's input ends with, flat: the coordinates, for models that take them. */
export function coordinatesOf(
  config: EditModelConfig,
  size: { width: number; height: number },
): Float32Array {
  return config.pixelSpace.coordinates === true
    ? coordinateChannels(spaceOf(config, size))
    : new Float32Array(0);
}

/**
 * Ids that feedback is filled up or cut to: as many as the text encoder can tell apart. Three texts in one are longer than an
 * instruction, and of them the network sees one vector only, so that a longer text costs the text encoder alone.
 */
export function feedbackTokens({ textEncoder }: Pick<EditModelConfig, 'textEncoder'>): number {
  return textEncoder.max_position_embeddings;
}

/**
 * Encodes instructions, given as `textInputs` prepares them: [B, tokens, hidden_size].
 *
 * Where the model reads the instruction by position, what fills up short texts is set to zero: alike in every text, it would
 * otherwise be the larger part of that vector, and drown the words.
 */
export function textNetwork(
  config: EditModelConfig,
  texts: number,
  network: Network = createNetwork(),
): Tensor {
  const { tokens } = config;
  const ids = input('ids', [texts, tokens], 'i32');
  const all = clipText(network.scope.at(TEXT_ENCODER), config.textEncoder, ids);
  if (!config.unet.class_embed_type) return all;
  return mul(all, reshape(input('words', [texts, tokens]), [texts, tokens, 1]));
}

/** Encodes feedback, given as `feedbackInputs` prepares it: the pooled vectors [B, hidden_size]. */
export function feedbackNetwork(
  config: EditModelConfig,
  texts: number,
  network: Network = createNetwork(),
): Tensor {
  const ids = input('feedback_ids', [texts, feedbackTokens(config)], 'i32');
  const encoded = clipText(network.scope.at(TEXT_ENCODER), config.textEncoder, ids);
  return pooledText(encoded, input('feedback_positions', [texts], 'i32'));
}

/** The inputs of `textNetwork` for some texts; `words` is 1 up to the end token of a text, 0 behind it. */
export function textInputs(
  config: EditModelConfig,
  tokenizer: Tokenizer,
  texts: readonly string[],
): Record<string, TensorData> {
  const ids = tokenizer.encodeBatch(texts, config.tokens);
  if (!config.unet.class_embed_type) return { ids };
  const words = new Float32Array(ids.length);
  const ends = pooledPositions(config.textEncoder, ids, config.tokens);
  ends.forEach((end, text) => words.fill(1, text * config.tokens, end + 1));
  return { ids, words };
}

/** The inputs of `feedbackNetwork` for some texts. */
export function feedbackInputs(
  config: EditModelConfig,
  tokenizer: Tokenizer,
  texts: readonly string[],
): Record<string, TensorData> {
  const length = feedbackTokens(config);
  const ids = tokenizer.encodeBatch(texts, length);
  return { feedback_ids: ids, feedback_positions: pooledPositions(config.textEncoder, ids, length) };
}

/**
 * The vector for the whole sample of models that have a `class_embed_type`: the encoded instruction [B, N, D], one token after
 * the other. A small model learns far faster from words by position than from attention to them alone.
 */
export function instructionVector(config: EditModelConfig, encoded: Tensor): Tensor | undefined {
  const [batch, tokens, width] = encoded.shape;
  return config.unet.class_embed_type ? reshape(encoded, [batch, tokens * width]) : undefined;
}

/** The U-Net alone, on texts that are encoded already: one step of the sampler. */
export function denoisingNetwork(
  config: EditModelConfig,
  { batch, width, height }: { batch: number; width: number; height: number },
): { network: Network; prediction: Tensor } {
  const network = createNetwork();
  const { classLabels: _, ...inputs } = unetInputs(config.unet, {
    batch,
    width,
    height,
    tokens: config.tokens,
  });
  const classLabels = instructionVector(config, inputs.encoderHiddenStates);
  return { network, prediction: unet(network.scope.at(UNET), config.unet, { ...inputs, classLabels }) };
}

/**
 * Text encoder and U-Net together, as training needs them. Inputs: those of `textInputs`, `sample` (noisy edit, source,
 * coordinates), `time_proj`, and where the model takes rewards, those of `feedbackInputs`, `reward_proj`, and `reward_mask` where
 * its configuration says so.
 */
export function trainingNetwork(
  config: EditModelConfig,
  { batch, width, height, recompute }: { batch: number; width: number; height: number; recompute: boolean },
): { network: Network; prediction: Tensor } {
  const network = createNetwork();
  const encoderHiddenStates = textNetwork(config, batch, network);
  const inputs = unetInputs(config.unet, { batch, width, height, tokens: config.tokens });
  const prediction = unet(
    network.scope.at(UNET),
    config.unet,
    {
      ...inputs,
      encoderHiddenStates,
      classLabels: instructionVector(config, encoderHiddenStates),
      reward: inputs.reward && { ...inputs.reward, feedback: feedbackNetwork(config, batch, network) },
    },
    { recompute },
  );
  return { network, prediction };
}

/**
 * Gathers what a model consists of from its opened folder, or from a preset.
 *
 * @throws RewardEditError 'bad-input' for a model that works on an autoencoder's latents, which are not supported yet, and for a
 * U-Net that takes other channels than there are.
 */
export function editModelConfig({
  unet: unetConfig,
  textEncoder,
  scheduler,
  pixelSpace,
  tokenizer,
}: Pick<ModelFolder, 'unet' | 'textEncoder' | 'scheduler' | 'pixelSpace' | 'tokenizer'>): EditModelConfig {
  if (!pixelSpace) {
    throw new RewardEditError('bad-input', 'the model works on the latents of an autoencoder', {
      hint: 'Only models in pixel space can be trained and run so far.',
    });
  }
  const taken = 2 * unetConfig.out_channels + (pixelSpace.coordinates === true ? 2 : 0);
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
    pixelSpace,
    tokens: tokenizer.maxLength,
  };
}
