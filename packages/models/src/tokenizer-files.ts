import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFingerprinted, type FileFingerprint } from '@rewardedit/core';
import { z } from 'zod';
import { END_OF_TEXT, START_OF_TEXT } from './clip-text-cleaning.ts';
import { formatJson, parseJson, readJson, readOptionalText, readText } from './json-files.ts';
import { createTokenizer, type Tokenizer, type TokenizerFiles } from './tokenizer.ts';

/** CLIP's length, if `tokenizer_config.json` has none. */
const DEFAULT_LENGTH = 77;

const vocabularySchema = z.record(z.string(), z.number().int().nonnegative());
/** A special token, as a string or with its stripping rules. */
const tokenSchema = z.union([
  z.string(),
  z.object({ content: z.string() }).transform(({ content }) => content),
]);
const settingsSchema = z.object({
  model_max_length: z.number().int().min(2).optional(),
  pad_token: tokenSchema.nullish(),
});
/** `tokenizer.json`, in which newer versions of transformers keep vocabulary and merges. */
const combinedSchema = z.object({
  model: z.object({
    type: z.literal('BPE'),
    vocab: vocabularySchema,
    merges: z.array(
      z.union([z.string(), z.tuple([z.string(), z.string()]).transform((pair) => pair.join(' '))]),
    ),
  }),
});

/**
 * Opens the `tokenizer/` folder of a CLIP tokenizer: `vocab.json` and `merges.txt`, or `tokenizer.json`. Length and padding are read from
 * `tokenizer_config.json` and `special_tokens_map.json`.
 *
 * @throws RewardEditError 'bad-input' naming the file.
 */
export async function openTokenizer(folder: string): Promise<Tokenizer> {
  const settings = await readSettings(folder, 'tokenizer_config.json');
  const special = await readSettings(folder, 'special_tokens_map.json');
  const files: TokenizerFiles = {
    ...(await readVocabulary(folder)),
    maxLength: settings.model_max_length ?? DEFAULT_LENGTH,
    padToken: settings.pad_token ?? special.pad_token ?? undefined,
  };
  return createTokenizer(files, folder);
}

async function readSettings(folder: string, name: string): Promise<z.output<typeof settingsSchema>> {
  const path = join(folder, name);
  const text = await readOptionalText(path);
  return text === undefined ? {} : parseJson(text, path, settingsSchema);
}

async function readVocabulary(folder: string): Promise<Pick<TokenizerFiles, 'vocabulary' | 'merges'>> {
  const path = join(folder, 'tokenizer.json');
  const combined = await readOptionalText(path);
  if (combined !== undefined && (await readOptionalText(join(folder, 'vocab.json'))) === undefined) {
    const { model } = parseJson(combined, path, combinedSchema);
    return { vocabulary: model.vocab, merges: model.merges };
  }
  const vocabulary = await readJson(join(folder, 'vocab.json'), vocabularySchema);
  // The first line is a version comment.
  const [, ...merges] = (await readText(join(folder, 'merges.txt'))).trim().split(/\r?\n/);
  return { vocabulary, merges };
}

/**
 * Writes the files of transformers' `CLIPTokenizer` to a folder, which is created if necessary.
 *
 * @returns sizes and hashes of the files, for a manifest.
 */
export async function writeTokenizer(
  folder: string,
  files: TokenizerFiles,
): Promise<Record<string, FileFingerprint>> {
  const special = {
    bos_token: START_OF_TEXT,
    eos_token: END_OF_TEXT,
    pad_token: files.padToken ?? END_OF_TEXT,
    unk_token: END_OF_TEXT,
  };
  const contents = {
    'vocab.json': formatJson(files.vocabulary),
    'merges.txt': `${['#version: 0.2', ...files.merges].join('\n')}\n`,
    'tokenizer_config.json': formatJson({
      tokenizer_class: 'CLIPTokenizer',
      model_max_length: files.maxLength,
      ...special,
    }),
    'special_tokens_map.json': formatJson(special),
  };
  await mkdir(folder, { recursive: true });
  const written: Record<string, FileFingerprint> = {};
  for (const [name, text] of Object.entries(contents))
    written[name] = await writeFingerprinted(join(folder, name), text);
  return written;
}
