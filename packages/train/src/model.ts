import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RewardEditError, type Reward } from '@rewardedit/core';
import { openDataset } from '@rewardedit/data';
import {
  TEXT_ENCODER,
  UNET,
  editModelConfig,
  editParameters,
  feedbackText,
  sizeMultiple,
  type EditModelConfig,
} from '@rewardedit/diffusion';
import {
  createTokenizer,
  initialParameters,
  loadTextEncoder,
  loadUNet,
  openModelFolder,
  trainTokenizer,
  unetParameters,
  writeModelFolder,
  type ModelFolder,
  type ModelToWrite,
  type ReadWeight,
  type Tokenizer,
  type WriteWeight,
} from '@rewardedit/models';
import type { TrainConfig } from './config.ts';
import { newRewardLayers, preset, TEXT_MERGES, TEXT_TOKENS } from './presets.ts';

/** A model that is trained: its parts, where its weights come from, and what is written beside them. */
export interface TrainedModel {
  readonly model: EditModelConfig;
  readonly tokenizer: Tokenizer;
  /** `scheduler_config.json`. */
  readonly scheduler: ModelToWrite['scheduler'];
  /** What the network works on. */
  readonly images: ModelToWrite['images'];
  /** Hands over the weights that training starts from, one at a time. */
  initialize(write: WriteWeight): Promise<void>;
}

/** Opens the model that the config starts from, or lays out a new one whose vocabulary is learned from the dataset's words. */
export async function openTrainedModel(
  config: TrainConfig,
  folder: string,
  rewards: ReadonlyMap<string, Reward>,
): Promise<TrainedModel> {
  const trained =
    config.init === undefined
      ? await newModel(config, folder, rewards)
      : continuedModel(config, await openModelFolder(config.init));
  const multiple = sizeMultiple(trained.model);
  if (config.size % multiple !== 0) {
    throw new RewardEditError(
      'usage',
      `the model cannot learn from pictures of ${config.size} pixels a side`,
      {
        where: 'size',
        hint: `choose a multiple of ${multiple}: its levels halve the picture`,
      },
    );
  }
  return trained;
}

async function newModel(
  config: TrainConfig,
  folder: string,
  rewards: ReadonlyMap<string, Reward>,
): Promise<TrainedModel> {
  const texts = new Set([...rewards.values()].map(feedbackText));
  for await (const triplet of (await openDataset(folder)).triplets()) {
    texts.add(triplet.instruction);
    if (triplet.reward) texts.add(feedbackText(triplet.reward));
  }
  const tokenizer = createTokenizer(trainTokenizer(texts, { merges: TEXT_MERGES, maxLength: TEXT_TOKENS }));
  const parts = preset(config.preset, { tokenizer, rewards: config.stage === 2, size: config.size });
  const model = editModelConfig({ ...parts, tokenizer });
  return {
    model,
    tokenizer,
    scheduler: parts.scheduler,
    images: { pixelSpace: parts.pixelSpace },
    async initialize(write) {
      for (const [name, values] of initialParameters(editParameters(model), config.seed, startsAtZero)) {
        await write(name, name.endsWith(WORDS) ? values.map((value) => value * WORD_SCALE) : values);
      }
    },
  };
}

/** The table of word vectors. CLIP starts it at a deviation of 0.02; few words learn faster from 0.5, where they stand apart. */
const WORDS = 'token_embedding.weight';
const WORD_SCALE = 25;

/** Last layers of what adds to a shortcut, and the network's last layer: a new network then starts as "no change". */
function startsAtZero(name: string): boolean {
  return /\.(conv2|to_out\.0|ff\.net\.2|conv_out|out_proj|mlp\.fc2)\.(weight|bias)$/.test(name);
}

function continuedModel(config: TrainConfig, opened: ModelFolder): TrainedModel {
  const addsRewards = config.stage === 2 && !opened.unet.reward;
  const unet = addsRewards ? { ...opened.unet, reward: newRewardLayers(opened) } : opened.unet;
  const model = editModelConfig({ ...opened, unet });
  return {
    model,
    tokenizer: opened.tokenizer,
    scheduler: opened.scheduler,
    images: opened.pixelSpace ? { pixelSpace: opened.pixelSpace } : { vaeFolder: join(opened.path, 'vae') },
    async initialize(write) {
      const specs = unetParameters(unet);
      const isNew = (name: string) => !(name in unetParameters(opened.unet));
      const missing = await loadUNet(opened, (name, values) => write(`${UNET}.${name}`, values), {
        specs,
        mayMiss: isNew,
      });
      await loadTextEncoder(opened, (name, values) => write(`${TEXT_ENCODER}.${name}`, values));
      const fresh = Object.fromEntries(missing.map((name) => [`${UNET}.${name}`, specs[name]]));
      for (const [name, values] of initialParameters(fresh, config.seed)) await write(name, values);
    },
  };
}

/** Writes the model in diffusers' layout. An earlier one stays in its place until the new one is whole. */
export async function replaceModelFolder(
  path: string,
  { model, tokenizer, scheduler, images }: TrainedModel,
  read: ReadWeight,
): Promise<void> {
  const next = `${path}.new`;
  await rm(next, { recursive: true, force: true });
  await writeModelFolder(next, {
    unet: { config: model.unet, read: (name) => read(`${UNET}.${name}`) },
    textEncoder: { config: model.textEncoder, read: (name) => read(`${TEXT_ENCODER}.${name}`) },
    tokenizer: tokenizer.files,
    scheduler,
    images,
  });
  await rm(path, { recursive: true, force: true });
  await rename(next, path);
}
