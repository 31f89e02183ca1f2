import { readJsonFile } from '@rewardedit/core';
import { z } from 'zod';
import type { Detail } from '../api/chat.ts';
import type { TokenRange } from './token-estimate.ts';
import table from './known-models.json' with { type: 'json' };

const price = z.number().nonnegative();
const tokens = z.number().positive();
const factor = z.number().positive();

/** How many tokens a picture takes. */
const pictureTokensSchema = z.discriminatedUnion('kind', [
  /** A base, plus a number of tokens for each square of 512 pixels. */
  z.strictObject({ kind: z.literal('tiles'), base: tokens, tile: tokens }),
  z.strictObject({
    kind: z.literal('patches'),
    /** The side of a patch, in pixels. */
    side: tokens,
    /** Tokens per patch; a range if the maker's documentation and bills differ. */
    multiplier: z.union([factor, z.tuple([factor, factor])]),
    /** The least and the most patches of a picture, which is resized to fit. */
    least: tokens.exactOptional(),
    most: tokens,
    /** Whether partial patches count, or sides are rounded to the nearest number of patches; `up` by default. */
    rounding: z.enum(['up', 'nearest']).exactOptional(),
  }),
  /** Between two numbers, whatever the size. */
  z.strictObject({ kind: z.literal('fixed'), low: tokens, high: tokens }),
]);

export type PictureTokensRule = z.infer<typeof pictureTokensSchema>;

const modelSchema = z.strictObject({
  /** The server's name for it. Dated snapshots, such as NAME-2026-01-31, share an entry unless they have their own. */
  model: z.string().min(1),
  vision: z.boolean(),
  /** Whether the server can enforce a JSON schema. */
  structuredOutput: z.boolean().exactOptional(),
  /** Whether it returns token probabilities and accepts a temperature in the way it is asked here: with reasoning, if it can reason. */
  logprobs: z.boolean().exactOptional(),
  temperature: z.boolean().exactOptional(),
  reasoning: z.boolean().exactOptional(),
  /** Whether it accepts a system message, several pictures, a detail of pictures, a seed. All are sent by default. */
  systemRole: z.boolean().exactOptional(),
  severalPictures: z.boolean().exactOptional(),
  detail: z.boolean().exactOptional(),
  seed: z.boolean().exactOptional(),
  /** The name of the limit of a reply; by default `max_tokens`, and `max_completion_tokens` at OpenAI and Azure. */
  tokenLimit: z.enum(['max_tokens', 'max_completion_tokens']).exactOptional(),
  /** US dollars per million tokens. */
  prices: z.strictObject({ input: price, cachedInput: price.exactOptional(), output: price }).exactOptional(),
  /** The share taken off the prices in batches. */
  batchDiscount: z.number().min(0).max(1).exactOptional(),
  pictureTokens: pictureTokensSchema.exactOptional(),
  /** The last day of service, and the replacement that its maker names. */
  shutdown: z.iso.date().exactOptional(),
  replacement: z.string().min(1).exactOptional(),
  /** Where and when this was read. */
  source: z.string().min(1).exactOptional(),
});

/** What is known of a model; an absent fact is unknown. */
export type KnownModel = z.infer<typeof modelSchema>;

export const modelTableSchema = z.strictObject({
  asOf: z.iso.date().exactOptional(),
  models: z.array(modelSchema),
});

/** The models of the built-in table, as of `MODEL_TABLE_DATE`. */
export const knownModels: readonly KnownModel[] = modelTableSchema.parse(table).models;

/** The day on which `known-models.json` was compiled. */
export const MODEL_TABLE_DATE: string = table.asOf;

/** Finds a model by its exact name, or else as a dated snapshot of a known model. */
export function findModel(id: string, models: readonly KnownModel[] = knownModels): KnownModel | undefined {
  const named = (name: string) => models.find(({ model }) => model === name);
  return named(id) ?? named(id.replace(/-\d{4}-\d{2}-\d{2}$/, ''));
}

/** Looks a model up in the user's table, then in the built-in one. */
export function modelFacts(id: string, own: readonly KnownModel[]): KnownModel | undefined {
  return findModel(id, own) ?? findModel(id);
}

/** Reads a table in the format of `known-models.json`. Throws `bad-input` if it is invalid. */
export async function readModelTable(path: string): Promise<readonly KnownModel[]> {
  const name = { what: 'the table of models', hint: 'see docs/judges.md for an example' };
  return (await readJsonFile(path, modelTableSchema, name)).models;
}

type Size = { readonly width: number; readonly height: number };

/** The tokens that a picture of this size takes: the least that is likely and the most that is possible. */
export function pictureTokens(rule: PictureTokensRule, size: Size, detail: Detail = 'auto'): TokenRange {
  if (rule.kind === 'tiles') return tileTokens(rule, size, detail);
  if (rule.kind === 'patches') return patchTokens(rule, size);
  return { low: rule.low, high: rule.high };
}

type Rule<Kind extends PictureTokensRule['kind']> = Extract<PictureTokensRule, { kind: Kind }>;

/**
 * OpenAI's images and vision guide, for GPT-4o and others: at high detail, a picture is shrunk to fit into 2048 x 2048, then until its
 * shorter side has 768 pixels, and is charged for each 512-pixel square that covers it. At low detail, which the server may choose itself,
 * it is charged only the base.
 */
function tileTokens({ base, tile }: Rule<'tiles'>, { width, height }: Size, detail: Detail): TokenRange {
  const inSquare = Math.min(1, 2048 / Math.max(width, height));
  const scale = inSquare * Math.min(1, 768 / (Math.min(width, height) * inSquare));
  const count = (side: number) => Math.ceil(Math.round(side * scale) / 512);
  const all = base + tile * count(width) * count(height);
  return { low: detail === 'high' ? all : base, high: detail === 'low' ? base : all };
}

function patchTokens(rule: Rule<'patches'>, size: Size): TokenRange {
  const { multiplier, most, least = 1, rounding = 'up' } = rule;
  const [lowest, highest] = typeof multiplier === 'number' ? [multiplier, multiplier] : multiplier;
  const whole = rounding === 'up' ? Math.ceil : Math.round;
  const patches = Math.max(1, whole(size.width / rule.side)) * Math.max(1, whole(size.height / rule.side));
  if (patches <= most) {
    const count = Math.max(least, patches);
    return { low: Math.ceil(count * lowest), high: Math.ceil(count * highest) };
  }
  // A shrunk picture may be charged anything up to the most.
  return { low: Math.ceil(shrunkPatches(rule, size) * lowest), high: Math.ceil(most * highest) };
}

/**
 * The patches of a picture that has too many. OpenAI's guide: shrink it to the area of `most` patches, then further until one side is a
 * whole number of them. Qwen's image processor: shrink it to that area, and round both sides down to whole patches.
 */
function shrunkPatches({ side, most, rounding }: Rule<'patches'>, { width, height }: Size): number {
  const shrink = Math.sqrt((most * side * side) / (width * height));
  const across = (width * shrink) / side;
  const down = (height * shrink) / side;
  if (rounding === 'nearest') return Math.floor(across) * Math.floor(down);
  const further = Math.min(Math.floor(across) / across, Math.floor(down) / down);
  // One of the two is whole, up to rounding errors.
  return Math.ceil(across * further - 1e-9) * Math.ceil(down * further - 1e-9);
}
