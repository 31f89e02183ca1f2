import { RewardEditError } from '@rewardedit/core';
import type { Picture } from '@rewardedit/data';
import { add, cast, input, mul, reshape, sub, type Tensor, type TensorData } from '@rewardedit/graph';
import {
  clipText,
  imageSides,
  smartEdit,
  type Network,
  type SmartEditConfig,
  type Tokenizer,
} from '@rewardedit/models';
import { TEXT_ENCODER, type EditModelConfig } from '../edit-model.ts';
import { joinArrays } from '../join-arrays.ts';
import { wordMask } from '../text-encoding.ts';
import { assertStates, type LanguageStateSource, type StoredStates } from './language-states.ts';
import type { Pipeline, PipelineSample } from './pipeline.ts';
import { seenSquare, seenValues } from './seen-picture.ts';

/**
 * SmartEdit (arXiv 2312.06739): a language model reads instruction and picture. Its states become the context of cross-attention, and a
 * feature map that is added in the U-Net. A missing instruction is encoded by the text encoder as an empty text, as in the original.
 */
export function smartEditPipeline(model: EditModelConfig, config: SmartEditConfig): Pipeline {
  const { pixels } = imageSides(config);
  const { language } = config;
  const tokens = config.qformer.query_length;
  const masksText = model.unet.class_embed_type !== null;
  return {
    tokens,
    readsPictures: true,
    featureMap: { withoutText: config.map_without_text },

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
      const { context, featureMap, queries, said, logits } = smartEdit(
        network.scope,
        config,
        { pictures, ...given },
        latent,
      );
      const instructed = reshape(input('instructed', [batch]), [batch, 1, 1]);
      const nothing = mul(cast(emptyText(network), 'f32'), sub(1, instructed));
      return {
        context: add(mul(cast(context, 'f32'), instructed), nothing),
        featureMap: cast(featureMap, 'f32'),
        queries,
        said,
        logits,
      };
    },

    async values(samples, tools) {
      assertStates(config, tools.states);
      const squares = await Promise.all(samples.map(({ picture }) => seenSquare(config, picture)));
      const nothing = tools.tokenizer.encodeBatch([''], tokens);
      return {
        pictures: joinArrays(squares.map((square) => seenValues(config, square))),
        empty_text: nothing,
        ...(masksText && { empty_words: wordMask(model, nothing, tokens) }),
        instructed: Float32Array.from(samples, ({ instruction }) => (instruction === undefined ? 0 : 1)),
        ...(language.kind === 'decoder'
          ? wordValues(model, tools.tokenizer, samples)
          : { language_states: await storedStates(language, squares, samples, tools.states!) }),
      };
    },
  };

  /** The text encoder's states of an empty text, masked as in `textNetwork` for a model that reads words by position. */
  function emptyText(network: Network): Tensor {
    const ids = input('empty_text', [1, tokens], 'i32');
    const states = clipText(network.scope.at(TEXT_ENCODER), model.textEncoder, ids);
    if (!masksText) return states;
    const words = cast(input('empty_words', [1, tokens]), states.dtype);
    return mul(states, reshape(words, [1, tokens, 1]));
  }
}

function wordValues(
  model: EditModelConfig,
  tokenizer: Tokenizer,
  samples: readonly PipelineSample[],
): Record<string, TensorData> {
  const texts = samples.map(({ instruction }) => instruction ?? '');
  const ids = tokenizer.encodeBatch(texts, model.tokens);
  return { ids, words: wordMask(model, ids, model.tokens) };
}

/** States of the samples, zeros for those without an instruction, whose context is replaced anyway. */
async function storedStates(
  language: StoredStates,
  squares: readonly Picture[],
  samples: readonly PipelineSample[],
  source: LanguageStateSource,
): Promise<Float32Array> {
  const { positions, width } = language;
  const found = await Promise.all(
    samples.map(async ({ instruction }, i) =>
      instruction === undefined
        ? new Float32Array(positions * width)
        : source.statesOf({ picture: squares[i], instruction }),
    ),
  );
  for (const { length } of found) {
    if (length === positions * width) continue;
    throw new RewardEditError('bad-input', `the states have ${length} numbers, not ${positions} x ${width}`);
  }
  return joinArrays(found);
}
