import { RewardEditError } from '@rewardedit/core';
import { resizePicture, type Picture } from '@rewardedit/data';
import { add, cast, input, mul, reshape, sub, type TensorData } from '@rewardedit/graph';
import { clipText, imageSides, smartEdit, type SmartEditConfig, type Tokenizer } from '@rewardedit/models';
import { TEXT_ENCODER, type EditModelConfig } from '../edit-model.ts';
import { joinArrays } from '../join-arrays.ts';
import { toPixelSpace } from '../picture-space/index.ts';
import { wordMask } from '../text-encoding.ts';
import type { Pipeline, PipelineTools, Told } from './pipeline.ts';

/** What CLIP's pictures are normalized by, colour by colour, between 0 and 1. */
const CLIP_MEAN = [0.48145466, 0.4578275, 0.40821073];
const CLIP_DEVIATION = [0.26862954, 0.26130258, 0.27577711];

/**
 * SmartEdit (arXiv 2312.06739): a language model reads instruction and picture, and what it makes of them is the context and a map that
 * is added to the U-Net's pixels. No instruction is what the text encoder makes of an empty text, as in the original.
 */
export function smartEditPipeline(model: EditModelConfig, config: SmartEditConfig): Pipeline {
  const { pixels } = imageSides(config);
  const { language } = config;
  const tokens = config.qformer.query_length;
  return {
    tokens,

    conditions(network, batch, latent) {
      const pictures = input('pictures', [batch, 3, pixels, pixels]);
      const given =
        language.kind === 'decoder'
          ? {
              text: {
                ids: input('ids', [batch, model.tokens], 'i32'),
                words: input('words', [batch, model.tokens]),
              },
            }
          : { states: input('language_states', [batch, language.positions, language.width]) };
      const { context, featureMap, queries } = smartEdit(
        network.scope,
        config,
        { pictures, ...given },
        latent,
      );
      const emptyText = input('empty_text', [1, tokens], 'i32');
      const nothing = clipText(network.scope.at(TEXT_ENCODER), model.textEncoder, emptyText);
      const told = reshape(input('told', [batch]), [batch, 1, 1]);
      const kept = add(mul(cast(context, 'f32'), told), mul(cast(nothing, 'f32'), sub(1, told)));
      return { context: kept, featureMap: cast(featureMap, 'f32'), queries };
    },

    async values(told, tools) {
      const pictures = await Promise.all(told.map(({ picture }) => seenBy(config, picture)));
      return {
        pictures: joinArrays(pictures),
        empty_text: tools.tokenizer.encodeBatch([''], tokens),
        told: Float32Array.from(told, ({ instruction }) => (instruction === undefined ? 0 : 1)),
        ...(language.kind === 'decoder'
          ? wordValues(model, tools.tokenizer, told)
          : { language_states: await storedStates(language, told, tools) }),
      };
    },
  };
}

/** A picture squashed to the square that the model sees, with the numbers that it expects, [3, side, side] flat. */
async function seenBy(config: SmartEditConfig, picture: Picture): Promise<Float32Array> {
  const { pixels: side } = imageSides(config);
  const whole = { left: 0, top: 0, width: picture.width, height: picture.height };
  const isSo = picture.width === side && picture.height === side;
  const square = isSo ? picture : await resizePicture(picture, { width: side, height: side }, whole);
  const values = toPixelSpace(square, 1);
  if (config.image.kind === 'convolutions') return values;
  const perColour = side * side;
  return values.map((value, i) => {
    const colour = Math.floor(i / perColour);
    return ((value + 1) / 2 - CLIP_MEAN[colour]) / CLIP_DEVIATION[colour];
  });
}

function wordValues(
  model: EditModelConfig,
  tokenizer: Tokenizer,
  told: readonly Told[],
): Record<string, TensorData> {
  const texts = told.map(({ instruction }) => instruction ?? '');
  const ids = tokenizer.encodeBatch(texts, model.tokens);
  return { ids, words: wordMask(model, ids) };
}

/** Zeros for those that are told nothing: what is made of them is not looked at. */
async function storedStates(
  { positions, width, model, template }: Extract<SmartEditConfig['language'], { kind: 'stored' }>,
  told: readonly Told[],
  { states: source }: PipelineTools,
): Promise<Float32Array> {
  if (!source) {
    throw new RewardEditError('usage', 'the model reads the states of a language model, and there are none', {
      hint: `Name a store of the states of ${model}: --states.`,
    });
  }
  if (source.model !== model || source.template !== template) {
    const what =
      source.model === model
        ? `another template (${short(source.template)} instead of ${short(template)})`
        : `another language model (${source.model} instead of ${model})`;
    throw new RewardEditError('bad-input', `the states were made with ${what}`, {
      hint: 'Fill a store with the language model and the template that the model was trained with.',
    });
  }
  const found = await Promise.all(
    told.map(async ({ picture, instruction }) =>
      instruction === undefined
        ? new Float32Array(positions * width)
        : source.statesOf({ picture, instruction }),
    ),
  );
  for (const { length } of found) {
    if (length === positions * width) continue;
    throw new RewardEditError(
      'bad-input',
      `the states have ${length} numbers, not ${positions} times ${width}`,
    );
  }
  return joinArrays(found);
}

function short(hash: string): string {
  return hash.slice(0, 12);
}
