import { cast, input, mul, pad, reshape, slice, type Tensor } from '@rewardedit/graph';
import { createNetwork, type ParameterSpecs, type Scope } from '../parameters.ts';
import { bim, type BimOutputs } from './bim.ts';
import { decoderStates, type DecoderStates, type LanguageStates, type WordPlaces } from './decoder-states.ts';
import { POSITION_BUFFER } from './fourier-positions.ts';
import { imageFeatures, IMAGE_ENCODER, VISION_TOWER } from './image-features.ts';
import { qformer } from './qformer.ts';
import { imageSides, type SmartEditConfig } from './smartedit-config.ts';

export interface SmartEditInputs {
  /** Square pictures for the image encoder, [B, 3, side, side]. */
  readonly pictures: Tensor;
  /** For the model's own decoder: ids of the words [B, N] (i32), and 1 for words, 0 for padding, [B, N]. */
  readonly text?: { readonly ids: Tensor; readonly words: Tensor } | undefined;
  /** For an external language model: its states, [B, positions, width]. */
  readonly states?: Tensor | undefined;
}

/** The conditioning of the U-Net, and the Q-Former's outputs [B, N, context_width]. */
export interface SmartEditOutputs extends BimOutputs {
  readonly queries: Tensor;
  /** The same with zeros for queries without a word, if queries start from words. */
  readonly said: Tensor;
  /** Next-token logits of the model's own decoder, [B, N + image tokens, vocab_size]. */
  readonly logits?: Tensor | undefined;
}

/**
 * SmartEdit (arXiv 2312.06739), from pictures and instructions to the conditioning of the U-Net.
 *
 * @param latent height and width of the feature map.
 */
export function smartEdit(
  scope: Scope,
  config: SmartEditConfig,
  inputs: SmartEditInputs,
  latent: { readonly height: number; readonly width: number },
): SmartEditOutputs {
  const features = imageFeatures(scope, config, cast(inputs.pictures, scope.dtype));
  const { states, visible, places, logits } = languageStates(scope, config, features, inputs);
  const start = places && startOf(places, config.qformer.query_length);
  const queries = qformer(scope, config.qformer, states, { visible, start: start?.states });
  const said = start ? mul(queries, start.words) : queries;
  const side = imageSides(config).features;
  const grid = { height: side, width: side };
  const interaction = bim(scope, config.bim, { queries: said, imageFeatures: features }, { grid, latent });
  const context = start ? mul(interaction.context, start.words) : interaction.context;
  return { queries, said, logits, featureMap: interaction.featureMap, context };
}

/** Returns the start of each query, [B, queries, width], and 1 if it is a word, [B, queries, 1]; padded with zeros to the number of queries. */
function startOf({ states, words }: WordPlaces, queries: number): { states: Tensor; words: Tensor } {
  const [batch, places] = states.shape;
  const fitted = (x: Tensor) =>
    pad(
      slice(x, [0, 0, 0], [batch, Math.min(places, queries), x.shape[2]]),
      [0, 0, 0],
      [0, Math.max(0, queries - places), 0],
    );
  const isWord = cast(fitted(reshape(words, [batch, places, 1])), states.dtype);
  return { states: mul(fitted(states), isWord), words: isWord };
}

function languageStates(
  scope: Scope,
  { language }: SmartEditConfig,
  features: Tensor,
  { text, states }: SmartEditInputs,
): LanguageStates & Partial<DecoderStates> {
  if (language.kind === 'decoder' && text) return decoderStates(scope, language, { features, ...text });
  if (language.kind === 'stored' && states) return { states: cast(states, scope.dtype) };
  throw new Error(`smartEdit: a ${language.kind} language model got ${text ? 'words' : 'states'}.`);
}

/** Returns the parameters of a SmartEdit model without U-Net and text encoder, by checkpoint key. */
export function smartEditParameters(config: SmartEditConfig): ParameterSpecs {
  const network = createNetwork();
  const { pixels } = imageSides(config);
  const { language } = config;
  const inputs = {
    pictures: input('pictures', [1, 3, pixels, pixels]),
    ...(language.kind === 'decoder'
      ? { text: { ids: input('ids', [1, 1], 'i32'), words: input('words', [1, 1]) } }
      : { states: input('states', [1, language.positions, language.width]) }),
  };
  smartEdit(network.scope, config, inputs, { height: 1, width: 1 });
  return network.specs;
}

/** The parts of a SmartEdit model, each trained or frozen as a whole. */
export type SmartEditPart = 'vision-tower' | 'image-encoder' | 'language-model' | 'qformer' | 'interaction';

const PARTS: readonly (readonly [SmartEditPart, RegExp])[] = [
  ['vision-tower', new RegExp(`^${VISION_TOWER}\\.`)],
  ['image-encoder', new RegExp(`^${IMAGE_ENCODER}\\.`)],
  ['language-model', /^(model|lm_head|mm_projector)\./],
  ['qformer', /^(sd_query_tokens$|sd_qformer\.)/],
  ['interaction', /^(modulate_|dimension_reduction_head_|pe_layer\.)/],
];

/** Returns the part of a parameter, or undefined for other networks. */
export function smartEditPartOf(name: string): SmartEditPart | undefined {
  return PARTS.find(([, pattern]) => pattern.test(name))?.[0];
}

/** Returns whether a parameter is never trained: the vision tower, and the random Fourier matrix, which has no gradient in the original. */
export function isFixedInSmartEdit(name: string): boolean {
  return smartEditPartOf(name) === 'vision-tower' || name === `pe_layer.${POSITION_BUFFER}`;
}
