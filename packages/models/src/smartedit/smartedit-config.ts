import { z } from 'zod';
import { parseConfig } from '../config-errors.ts';
import { bimConfigSchema } from './bim-config.ts';
import { clipVisionConfigSchema, patchesPerSide } from './clip-vision-config.ts';
import { llamaConfigSchema } from './llama-config.ts';
import { qformerConfigSchema } from './qformer-config.ts';

const count = z.number().int().positive();

/** What sees the picture. Whatever its proportions, it is squashed to a square for it, as in the original. */
const imageSchema = z.discriminatedUnion('kind', [
  /** CLIP's vision tower, frozen. */
  z.strictObject({
    kind: z.literal('clip'),
    tower: clipVisionConfigSchema,
    /** Which hidden state is taken, counted from the end. */
    layer: z.number().int().negative().default(-2),
  }),
  /** Two convolutions that are trained along, each halving the picture: what a small model begins with. */
  z.strictObject({
    kind: z.literal('convolutions'),
    /** Pixels a side of the square that they see. */
    side: count.multipleOf(4),
  }),
]);

/** Where the language model's states come from. */
const languageSchema = z.discriminatedUnion('kind', [
  /** Made elsewhere, once for each picture and instruction, and kept: `language-states` of the diffusion package. */
  z.strictObject({
    kind: z.literal('stored'),
    /** Image tokens, whose states they are. */
    positions: count.default(32),
    /** Width of a state. */
    width: count,
    /** The language model, as the store names it. */
    model: z.string().min(1),
    /** What it is told, with {instruction} in the place of one. It ends with the image tokens. */
    prompt: z.string().includes('{instruction}'),
  }),
  /** A decoder of our own, trained along: image vectors, words, image tokens. */
  z.strictObject({
    kind: z.literal('decoder'),
    llama: llamaConfigSchema,
    image_tokens: count.default(4),
    /** Whether the Q-Former sees the states of the words too, and not only those of the image tokens. */
    sees_words: z.boolean().default(false),
    /**
     * Whether each query starts from the state of the word at its place, beside what it has learned, and says nothing where there
     * is none. A U-Net then reads an instruction word by word, as it does with a text encoder.
     */
    queries_from_words: z.boolean().default(false),
  }),
]);

/** A SmartEdit model but for its U-Net and text encoder: `smartedit/config.json` of its folder. */
export const smartEditConfigSchema = z
  .object({
    image: imageSchema,
    language: languageSchema,
    qformer: qformerConfigSchema,
    bim: bimConfigSchema,
    /** Whether the feature map is left out where there is no instruction. The published guidance keeps picture and instruction there. */
    map_without_text: z.boolean().default(true),
  })
  .superRefine((config, context) => {
    const reject = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    const { image, language, qformer, bim } = config;
    const states = language.kind === 'stored' ? language.width : language.llama.hidden_size;
    if (qformer.encoder_width !== states)
      reject(['qformer', 'encoder_width'], `the language model's states are ${states} wide`);
    if (
      language.kind === 'decoder' &&
      language.queries_from_words &&
      qformer.hidden_size !== qformer.encoder_width
    )
      reject(
        ['qformer', 'hidden_size'],
        `queries that start from words are as wide as those, ${qformer.encoder_width}`,
      );
    if (bim.context_width !== qformer.hidden_size)
      reject(['bim', 'context_width'], `the Q-Former gives vectors of ${qformer.hidden_size} numbers`);
    if (image.kind === 'clip' && image.tower.hidden_size !== bim.width)
      reject(['bim', 'width'], `the image's features are ${image.tower.hidden_size} wide`);
  });

export type SmartEditConfig = z.output<typeof smartEditConfigSchema>;

/**
 * Checks a configuration as it was read from JSON.
 *
 * @throws RewardEditError 'bad-input' that names each key, its value and what is supported.
 */
export function parseSmartEditConfig(value: unknown, where: string): SmartEditConfig {
  return parseConfig(smartEditConfigSchema, value, where);
}

/** Pixels a side of the square in which the picture is seen, and features a side of what is seen there. */
export function imageSides({ image }: SmartEditConfig): {
  readonly pixels: number;
  readonly features: number;
} {
  return image.kind === 'clip'
    ? { pixels: image.tower.image_size, features: patchesPerSide(image.tower) }
    : { pixels: image.side, features: image.side / 4 };
}
