import { z } from 'zod';
import { parseConfig } from '../config-errors.ts';
import { bimConfigSchema } from './bim-config.ts';
import { clipVisionConfigSchema, patchesPerSide } from './clip-vision-config.ts';
import { llamaConfigSchema } from './llama-config.ts';
import { qformerConfigSchema } from './qformer-config.ts';

const count = z.number().int().positive();

/** The image encoder. Pictures are resized to its square input regardless of their proportions, as in the original. */
const imageSchema = z.discriminatedUnion('kind', [
  /** CLIP's vision tower, frozen. */
  z.strictObject({
    kind: z.literal('clip'),
    tower: clipVisionConfigSchema,
    /** Index of the hidden state from the end. */
    layer: z.number().int().negative().default(-2),
  }),
  /** Two trained convolutions with stride 2, for a small model. */
  z.strictObject({
    kind: z.literal('convolutions'),
    /** Side of the square input in pixels. */
    side: count.multipleOf(4),
  }),
]);

/** The source of the language model's states. */
const languageSchema = z.discriminatedUnion('kind', [
  /** An external model's states, computed once per picture and instruction and stored: `language-states` of the diffusion package. */
  z.strictObject({
    kind: z.literal('stored'),
    /** Number of image tokens, whose states are stored. */
    positions: count.default(32),
    /** Width of a state. */
    width: count,
    /** The language model, as named by the store. */
    model: z.string().min(1),
    /** Prompt template, with {instruction} as the placeholder. It ends with the image tokens. */
    prompt: z.string().includes('{instruction}'),
  }),
  /** The model's own decoder over image vectors, words and image tokens, trained with it. */
  z.strictObject({
    kind: z.literal('decoder'),
    llama: llamaConfigSchema,
    image_tokens: count.default(4),
    /** Whether the Q-Former attends to the states of the words too, not only to those of the image tokens. */
    sees_words: z.boolean().default(false),
    /**
     * Adds the state of the word at its position to each learned query, and masks queries without a word. The U-Net then reads an instruction
     * word by word, as with a text encoder.
     */
    queries_from_words: z.boolean().default(false),
  }),
]);

/** `smartedit/config.json` of a model folder: a SmartEdit model without its U-Net and text encoder. */
export const smartEditConfigSchema = z
  .object({
    image: imageSchema,
    language: languageSchema,
    qformer: qformerConfigSchema,
    bim: bimConfigSchema,
    /** Whether samples without an instruction get their feature map, as in the published guidance. */
    map_without_text: z.boolean().default(true),
  })
  .superRefine((config, context) => {
    const reject = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    const { image, language, qformer, bim } = config;
    const states = language.kind === 'stored' ? language.width : language.llama.hidden_size;
    if (qformer.encoder_width !== states)
      reject(['qformer', 'encoder_width'], `the language model's states have a width of ${states}`);
    if (
      language.kind === 'decoder' &&
      language.queries_from_words &&
      qformer.hidden_size !== qformer.encoder_width
    )
      reject(
        ['qformer', 'hidden_size'],
        `must equal encoder_width, ${qformer.encoder_width}, because queries start from words`,
      );
    if (bim.context_width !== qformer.hidden_size)
      reject(['bim', 'context_width'], `the Q-Former's outputs have a width of ${qformer.hidden_size}`);
    if (image.kind === 'clip' && image.tower.hidden_size !== bim.width)
      reject(['bim', 'width'], `the image features have a width of ${image.tower.hidden_size}`);
  });

export type SmartEditConfig = z.output<typeof smartEditConfigSchema>;

/**
 * Validates a configuration read from JSON.
 *
 * @throws RewardEditError 'bad-input' naming each invalid key, its value and what is supported.
 */
export function parseSmartEditConfig(value: unknown, where: string): SmartEditConfig {
  return parseConfig(smartEditConfigSchema, value, where);
}

/** Returns the side of the image encoder's square input, in pixels, and the side of its feature grid. */
export function imageSides({ image }: SmartEditConfig): {
  readonly pixels: number;
  readonly features: number;
} {
  return image.kind === 'clip'
    ? { pixels: image.tower.image_size, features: patchesPerSide(image.tower) }
    : { pixels: image.side, features: image.side / 4 };
}
