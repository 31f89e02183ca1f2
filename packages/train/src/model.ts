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

/** LoRA layers to train. */
export interface Lora {
  readonly parameters: ParameterSpecs;
  readonly settings: LoraSettings;
}

/** A model to train: its configuration, its initial weights, and what is written with it. */
export interface TrainedModel {
  readonly model: EditModelConfig;
  readonly tokenizer: Tokenizer;
  /** `scheduler_config.json`. */
  readonly scheduler: ModelToWrite['scheduler'];
  /** Set if LoRA layers are trained. */
  readonly lora?: Lora | undefined;
  /** Names of all parameters, including LoRA layers. */
  readonly parameters: readonly string[];
  /** Names of the trained parameters. */
  readonly trainable: ReadonlySet<string>;
  /** Whether texts are encoded once, by a frozen text encoder, or in each step, from token ids. */
  readonly texts: 'encoded' | 'as-ids';
  /** The space the network works in. */
  readonly images: ModelToWrite['images'];
  /** The autoencoder of a model on latents: its parameters by their own names, and their values. */
  readonly autoencoder?:
    { readonly specs: ParameterSpecs; load(write: WriteWeight): Promise<void> } | undefined;
  /** Writes the initial weights, one at a time. */
  initialize(write: WriteWeight): Promise<void>;
}

/** A model before its trained parameters are selected. */
type BaseModel = Pick<
  TrainedModel,
  'model' | 'tokenizer' | 'scheduler' | 'images' | 'autoencoder' | 'initialize'
>;

/**
 * Opens the model that training starts from, or creates a new one.
 *
 * @param texts for training a new vocabulary.
 * @param recorded the vocabulary of a run that is resumed.
 * @throws RewardEditError 'usage' if the config does not fit the model.
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
  throw new RewardEditError('usage', `the model cannot be trained on pictures of ${size} x ${size} pixels`, {
    where: '--size',
    hint: `choose a multiple of ${multiple}: its levels halve the picture`,
  });
}

/** @throws RewardEditError 'usage' for settings that do not apply to a model of this pipeline. */
function assertPipeline({ pipeline, init, mapDropout }: TrainConfig, { smartEdit }: EditModelConfig): void {
  if (init !== undefined && pipeline === 'instruct-pix2pix' && smartEdit) {
    throw new RewardEditError('usage', `the model in ${init} has the pipeline smartedit, not ${pipeline}`, {
      where: '--pipeline',
      hint: 'leave it out: a model folder has its own pipeline',
    });
  }
  if (smartEdit || (mapDropout ?? 0) === 0) return;
  throw new RewardEditError('usage', 'the model has no feature map to drop: only SmartEdit has one', {
    where: '--map-dropout',
    hint: 'leave it out, or train with --pipeline smartedit',
  });
}

/** @throws RewardEditError 'usage' for an objective that does not apply to the model. */
function assertObjective(
  { objective, languageWeight = 0 }: TrainConfig,
  { smartEdit, tokens }: EditModelConfig,
): void {
  if (languageWeight > 0 && smartEdit?.language.kind !== 'decoder') {
    throw new RewardEditError('usage', 'the model has no language model to train', {
      where: '--language-weight',
      hint: 'leave it out: it is for SmartEdit with its own decoder',
    });
  }
  if (objective !== 'alignment') return;
  const hint = 'train with --objective edits';
  const refused = (message: string) => new RewardEditError('usage', message, { where: '--objective', hint });
  if (!smartEdit) throw refused('the model has no queries to align: only SmartEdit has a Q-Former');
  const queries = smartEdit.qformer.query_length;
  if (queries !== tokens)
    throw refused(
      `the model has ${queries} queries, but its text encoder has ${tokens} states to align them with`,
    );
}

async function newModel(config: TrainConfig, tokenizer: Tokenizer): Promise<BaseModel> {
  if (!config.train.includes('all') && !config.train.includes('unet')) {
    throw new RewardEditError('usage', 'a new model cannot be trained without its U-Net', {
      where: '--train',
      hint: 'to keep the U-Net frozen, name a trained model with --init',
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

/** Token embeddings. CLIP initializes them with a standard deviation of 0.02; a small vocabulary learns faster from 0.5, where words are distinct. */
const WORDS = /(token_embedding|embed_tokens)\.weight$/;
const WORD_SCALE = 25;

/** The last layers of residual branches and of the network start at zero, so a new network starts as the identity edit. */
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
    throw new RewardEditError(
      'usage',
      'stage 1 trains without rewards, but the model is conditioned on them',
      {
        where: '--stage',
        hint: 'train it further in stage 2, or start from another model',
      },
    );
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

/** Returns what to write next to the U-Net; the autoencoder is copied unchanged. */
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

/** The weight of the first convolution. */
const FIRST_WEIGHT = 'conv_in.weight';

/**
 * Returns the U-Net's input channels. A text-to-image model such as Stable Diffusion has those of the noisy picture only; for editing, the
 * source is concatenated to it.
 */
function takenChannels({ unet, images }: OpenedModel): number {
  const isTextToImage = 'autoencoder' in images && unet.in_channels === unet.out_channels;
  return isTextToImage ? 2 * unet.out_channels : unet.in_channels;
}

/** Extends the weight of `conv_in` to more input channels, with zeros, as in InstructPix2Pix (arXiv 2211.09800, section 3.2). */
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

/** Returns a reader of the weights as the model is used, with LoRA layers merged, from a reader of the run's parameters. */
export function usedWeights({ lora }: Pick<TrainedModel, 'lora'>, read: ReadWeight): ReadWeight {
  return lora ? (name) => mergedWithLora(name, read, lora.parameters, lora.settings) : read;
}
