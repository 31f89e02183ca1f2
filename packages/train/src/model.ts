import { join } from 'node:path';
import { RewardEditError } from '@rewardedit/core';
import { float32Of, type TensorData } from '@rewardedit/graph';
import {
  TEXT_ENCODER,
  UNET,
  editModelConfig,
  pipelineOf,
  sizeMultiple,
  type EditModelConfig,
} from '@rewardedit/diffusion';
import {
  AUTOENCODER_CLASSES,
  autoencoderParameters,
  createTokenizer,
  initialParameters,
  loadPart,
  loraParameters,
  mergedWithLora,
  openModel,
  openWeights,
  trainTokenizer,
  unetParameters,
  type LoraSettings,
  type ModelToWrite,
  type OpenedModel,
  type ParameterSpecs,
  type ReadWeight,
  type Tokenizer,
  type UNetConfig,
  type WriteWeight,
} from '@rewardedit/models';
import { openChosenAutoencoder } from './chosen-autoencoder.ts';
import type { TrainConfig } from './config.ts';
import { ownParameters } from './own-parameters.ts';
import { PIXEL_SPACE, preset, TEXT_MERGES, TEXT_TOKENS } from './presets.ts';
import { assertNoRewardSettings, rewardLayers } from './reward-layers.ts';
import { graftSmartEdit, smallSmartEdit } from './smartedit-preset.ts';
import { partOf, trainableNames } from './trainable.ts';

/** The layers that LoRA adds to a model. */
export interface Lora {
  readonly parameters: ParameterSpecs;
  readonly settings: LoraSettings;
}

/** A model that is trained: its parts, where its weights come from, and what is written beside them. */
export interface TrainedModel {
  readonly model: EditModelConfig;
  readonly tokenizer: Tokenizer;
  /** `scheduler_config.json`. */
  readonly scheduler: ModelToWrite['scheduler'];
  /** Where such layers are trained. */
  readonly lora?: Lora | undefined;
  /** The names of all parameters, those of the LoRA layers included. */
  readonly parameters: readonly string[];
  /** Those that are trained. */
  readonly trainable: ReadonlySet<string>;
  /**
   * Whether texts are encoded once, as what encodes them is not trained, or in each step, from the ids of their tokens.
   */
  readonly texts: 'encoded' | 'as-ids';
  /** What the network works on. */
  readonly images: ModelToWrite['images'];
  /** The autoencoder whose latents the model works on: its parameters, by their names in it, and their values one at a time. */
  readonly autoencoder?:
    { readonly specs: ParameterSpecs; load(write: WriteWeight): Promise<void> } | undefined;
  /** Hands over the weights that training starts from, one at a time. */
  initialize(write: WriteWeight): Promise<void>;
}

/** A model before it is said what of it is trained. */
type BaseModel = Pick<
  TrainedModel,
  'model' | 'tokenizer' | 'scheduler' | 'images' | 'autoencoder' | 'initialize'
>;

/**
 * Opens the model that the config starts from, or lays out a new one.
 *
 * @param texts what a new vocabulary is learned from.
 * @param recorded the vocabulary of the run, where it has begun.
 * @throws RewardEditError 'usage' where the config does not fit the model.
 */
export async function openTrainedModel(
  config: TrainConfig,
  { texts, recorded }: { texts: Iterable<string>; recorded?: Tokenizer | undefined },
): Promise<TrainedModel> {
  const opened =
    config.init === undefined
      ? await newModel(config, recorded ?? learnedTokenizer(texts))
      : continuedModel(config, await openModel(config.init, config), recorded);
  if (config.stage === 1) assertNoRewardSettings(config, 'stage 1 trains without rewards');
  assertSize(config.size, opened.model);
  assertPipeline(config, opened.model);
  assertObjective(config, opened.model);
  const base = ownParameters(opened.model);
  const lora = config.train.includes('lora') ? loraOf(config, base) : undefined;
  const parameters = Object.keys({ ...base, ...lora?.parameters });
  const trainable = new Set(trainableNames(config, parameters));
  const trainsTexts = [...trainable].some((name) => partOf(name) === 'text-encoder');
  return {
    ...opened,
    texts: trainsTexts || pipelineOf(opened.model).readsPictures ? 'as-ids' : 'encoded',
    lora,
    parameters,
    trainable,
    async initialize(write) {
      await opened.initialize(write);
      for (const [name, values] of initialParameters(lora?.parameters ?? {}, config.seed))
        await write(name, values);
    },
  };
}

function learnedTokenizer(texts: Iterable<string>): Tokenizer {
  return createTokenizer(trainTokenizer(texts, { merges: TEXT_MERGES, maxLength: TEXT_TOKENS }));
}

function loraOf({ loraRank, loraAlpha, loraConvolutions }: TrainConfig, base: ParameterSpecs): Lora {
  const settings = { rank: loraRank, alpha: loraAlpha, convolutions: loraConvolutions };
  return { parameters: loraParameters(base, settings), settings };
}

function assertSize(size: number, model: EditModelConfig): void {
  const multiple = sizeMultiple(model);
  if (size % multiple === 0) return;
  throw new RewardEditError('usage', `the model cannot learn from pictures of ${size} pixels a side`, {
    where: '--size',
    hint: `choose a multiple of ${multiple}: its levels halve the picture`,
  });
}

/** @throws RewardEditError 'usage' for settings that say nothing of a model of this pipeline. */
function assertPipeline({ pipeline, init, mapDropout }: TrainConfig, { smartEdit }: EditModelConfig): void {
  if (init !== undefined && pipeline === 'instruct-pix2pix' && smartEdit) {
    throw new RewardEditError('usage', `the model in ${init} is of the pipeline smartedit, not ${pipeline}`, {
      where: '--pipeline',
      hint: 'leave it out: a model folder says what its pipeline is',
    });
  }
  if (smartEdit || (mapDropout ?? 0) === 0) return;
  throw new RewardEditError('usage', 'there is no feature map to drop: only SmartEdit has one', {
    where: '--map-dropout',
    hint: 'leave it out, or train with --pipeline smartedit',
  });
}

/** @throws RewardEditError 'usage' for an objective that the model does not have. */
function assertObjective(
  { objective, languageWeight = 0 }: TrainConfig,
  { smartEdit, tokens }: EditModelConfig,
): void {
  if (languageWeight > 0 && smartEdit?.language.kind !== 'decoder') {
    throw new RewardEditError('usage', 'there is no language model to train in the model', {
      where: '--language-weight',
      hint: 'leave it out: it is for SmartEdit with a decoder of its own',
    });
  }
  if (objective !== 'alignment') return;
  const hint = 'train with --objective edits';
  const refused = (message: string) => new RewardEditError('usage', message, { where: '--objective', hint });
  if (!smartEdit) throw refused('there are no queries to align: only SmartEdit has a Q-Former');
  const queries = smartEdit.qformer.query_length;
  if (queries !== tokens)
    throw refused(
      `there are ${queries} queries, but ${tokens} states of the text encoder to align them with`,
    );
}

async function newModel(config: TrainConfig, tokenizer: Tokenizer): Promise<BaseModel> {
  if (!config.train.includes('all') && !config.train.includes('unet')) {
    throw new RewardEditError('usage', 'a new model cannot be trained without its U-Net', {
      where: '--train',
      hint: 'name a trained model with --init whose U-Net is to stay as it is',
    });
  }
  const autoencoder =
    config.autoencoder === undefined ? undefined : await openChosenAutoencoder(config.autoencoder);
  const parts = preset(config.preset ?? 'scenes', {
    tokenizer,
    rewards: config.stage === 2 ? config : undefined,
    size: config.size,
    pipeline: config.pipeline ?? 'instruct-pix2pix',
    autoencoder: autoencoder?.config,
  });
  const model = editModelConfig({ ...parts, tokenizer });
  return {
    model,
    tokenizer,
    scheduler: parts.scheduler,
    images: autoencoder ? { autoencoder } : { pixelSpace: PIXEL_SPACE },
    autoencoder,
    async initialize(write) {
      for (const [name, values] of initialParameters(ownParameters(model), config.seed, startsAtZero)) {
        await write(name, WORDS.test(name) ? values.map((value) => value * WORD_SCALE) : values);
      }
    },
  };
}

/** The table of word vectors. CLIP starts it at a deviation of 0.02; few words learn faster from 0.5, where they stand apart. */
const WORDS = /(token_embedding|embed_tokens)\.weight$/;
const WORD_SCALE = 25;

/** Last layers of what adds to a shortcut, and the network's last layer: a new network then starts as "no change". */
function startsAtZero(name: string): boolean {
  return /^(unet|text_encoder)\..*\.(conv2|to_out\.0|ff\.net\.2|conv_out|out_proj|mlp\.fc2)\.(weight|bias)$/.test(
    name,
  );
}

function continuedModel(
  config: TrainConfig,
  opened: OpenedModel,
  tokenizer: Tokenizer = opened.tokenizer,
): BaseModel {
  if (config.stage === 1 && opened.unet.reward) {
    throw new RewardEditError('usage', 'stage 1 trains without rewards, and the model takes them', {
      where: '--stage',
      hint: 'go on with it in stage 2, or start from another model',
    });
  }
  if (opened.unet.reward) assertNoRewardSettings(config, 'the model has reward layers already');
  const addsRewards = config.stage === 2 && !opened.unet.reward;
  const channels = takenChannels(opened);
  const isGrafted = config.pipeline === 'smartedit' && !opened.smartEdit;
  const smartEdit = isGrafted
    ? smallSmartEdit({
        vocabulary: opened.textEncoder.vocab_size,
        words: tokenizer.maxLength,
        size: config.size,
        width: opened.textEncoder.hidden_size,
        channels: opened.unet.block_out_channels[0],
      })
    : opened.smartEdit;
  const unet = {
    ...opened.unet,
    in_channels: channels,
    ...(addsRewards && {
      reward: rewardLayers(config, {
        textWidth: opened.textEncoder.hidden_size,
        groups: opened.unet.norm_num_groups,
        channels: opened.unet.block_out_channels[0],
        isTrained: true,
        space: 'pixelSpace' in opened.images ? 'pixels' : 'latents',
      }),
    }),
  };
  const model = editModelConfig({ ...opened, unet, tokenizer, smartEdit });
  return {
    model,
    tokenizer,
    scheduler: opened.scheduler,
    images: imagesToWrite(opened),
    autoencoder:
      'autoencoder' in opened.images
        ? {
            specs: autoencoderParameters(opened.images.autoencoder),
            load: async (write) => void (await loadPart(opened, 'autoencoder', write)),
          }
        : undefined,
    async initialize(write) {
      const known = unetParameters(opened.unet);
      const specs: ParameterSpecs = { ...unetParameters(unet), [FIRST_WEIGHT]: known[FIRST_WEIGHT] };
      const writeUNet: WriteWeight = (name, values) =>
        write(
          `${UNET}.${name}`,
          name === FIRST_WEIGHT ? grown(values, opened.unet.in_channels, unet) : values,
        );
      const mayMiss = (name: string) => !(name in known);
      const missing = await loadPart(opened, 'unet', writeUNet, { specs, mayMiss });
      const texts = new Map<string, TensorData>();
      await loadPart(opened, 'textEncoder', async (name, values) => {
        if (isGrafted) texts.set(`${TEXT_ENCODER}.${name}`, values.slice());
        await write(`${TEXT_ENCODER}.${name}`, values);
      });
      if (smartEdit && isGrafted) await graftSmartEdit(smartEdit, texts, config.seed, write);
      else if (opened.smartEdit) await loadPart(opened, 'smartEdit', write);
      const fresh = Object.fromEntries(missing.map((name) => [`${UNET}.${name}`, specs[name]]));
      for (const [name, values] of initialParameters(fresh, config.seed)) await write(name, values);
    },
  };
}

/** What the U-Net works on, as it is written beside it: an autoencoder stays as it is. */
function imagesToWrite(opened: OpenedModel): ModelToWrite['images'] {
  const { images, layout, path } = opened;
  if ('pixelSpace' in images) return images;
  const { autoencoder: config } = images;
  if (layout === 'folder')
    return { vaeFolder: join(path, 'vae'), vaeClass: AUTOENCODER_CLASSES[config.kind] };
  return {
    autoencoder: {
      config,
      read: async (name) => {
        const weights = await openWeights(opened, 'autoencoder');
        try {
          return await weights.read(name);
        } finally {
          await weights.close();
        }
      },
    },
  };
}

/** The weight of the convolution that takes the sample. */
const FIRST_WEIGHT = 'conv_in.weight';

/**
 * The channels that the U-Net is to take. A model that makes pictures from text alone, such as Stable Diffusion, takes those of the
 * noisy picture only; to edit, it is shown the source beside it.
 */
function takenChannels({ unet, images }: OpenedModel): number {
  const isTextToImage = 'autoencoder' in images && unet.in_channels === unet.out_channels;
  return isTextToImage ? 2 * unet.out_channels : unet.in_channels;
}

/** The weight of `conv_in` for more channels: what it does with new ones is nothing, as in InstructPix2Pix (arXiv 2211.09800, section 3.2). */
function grown(values: TensorData, inputs: number, unet: UNetConfig): TensorData {
  const wanted = unet.in_channels;
  if (wanted === inputs) return values;
  const area = unet.conv_in_kernel ** 2;
  const old = float32Of(values);
  return Float32Array.from({ length: (old.length / inputs) * wanted }, (_, i) => {
    const [output, rest] = [Math.floor(i / (wanted * area)), i % (wanted * area)];
    return rest < inputs * area ? old[output * inputs * area + rest] : 0;
  });
}

/**
 * The values of a parameter of the model as it is to be used, from those of the parameters that the run has: LoRA layers are part of
 * the weights they adapt.
 */
export function usedWeights({ lora }: Pick<TrainedModel, 'lora'>, read: ReadWeight): ReadWeight {
  return lora ? (name) => mergedWithLora(name, read, lora.parameters, lora.settings) : read;
}
