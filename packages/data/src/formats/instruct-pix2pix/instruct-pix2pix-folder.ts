import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  RewardEditError,
  fromSystemError,
  isMissing,
  parseJsonBytes,
  refuseOtherContents,
} from '@rewardedit/core';
import { z } from 'zod';
import { insideFolder } from '../../dataset/inside-folder.ts';
import { readPictureFile } from '../pictures/picture-bytes.ts';
import type { SourceRow } from '../rows/source-triplet.ts';

/**
 * One folder of InstructPix2Pix: `prompt.json` with the instruction, and for each seed that pictures were made with the
 * original `{seed}_0.jpg` and the edited `{seed}_1.jpg`.
 */
export const PROMPT_FILE = 'prompt.json';

/** Names are compared, never taken in the order of the file system. Other formats than JPEG occur in copies. */
const ORIGINAL_NAME = /^(\d{1,20})_0\.(?:jpe?g|png|webp)$/i;

const promptSchema = z.object({
  edit: z.string(),
  /** The texts that the original and the edited picture were drawn from. */
  input: z.string().optional(),
  output: z.string().optional(),
});

const MAX_PROMPT_BYTES = 1024 * 1024;

export type PromptFolder = {
  readonly folder: string;
  readonly prompt: z.infer<typeof promptSchema>;
  /** The names of its files. */
  readonly files: readonly string[];
};

/** Reads what a folder holds. Throws 'bad-input' where it is missing or its `prompt.json` damaged. */
export async function readPromptFolder(root: string, name: string, where: string): Promise<PromptFolder> {
  const folder = insideFolder(root, name, where);
  const path = join(folder, PROMPT_FILE);
  try {
    if ((await stat(path)).size > MAX_PROMPT_BYTES) throw new Error('it is too large');
    const bytes = await readFile(path);
    refuseOtherContents(bytes, path, 'text');
    return { folder, prompt: promptSchema.parse(parseJsonBytes(bytes)), files: await readdir(folder) };
  } catch (error) {
    if (isMissing(error))
      throw new RewardEditError('bad-input', `there is no ${PROMPT_FILE}`, { where: folder });
    const explained = fromSystemError(error, { doing: 'read the folder', path: folder });
    if (explained instanceof RewardEditError) throw explained;
    throw new RewardEditError('bad-input', 'this is no object with the text "edit"', {
      where: path,
      cause: error,
    });
  }
}

/** Whether a folder has a prompt or an original; a Mac leaves folders beside those that were meant, and in them hidden files. */
export async function holdsTriplets(folder: string): Promise<boolean> {
  const files = await readdir(folder).catch(() => undefined);
  // What cannot be listed is not passed over: reading it says why.
  return files === undefined || files.includes(PROMPT_FILE) || files.some((name) => ORIGINAL_NAME.test(name));
}

/** The seeds that a folder has an original for, lowest first. */
export function seedsIn({ files }: PromptFolder): string[] {
  const seeds = files.flatMap((name) => ORIGINAL_NAME.exec(name)?.[1] ?? []);
  return [...new Set(seeds)].sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : BigInt(a) > BigInt(b) ? 1 : 0));
}

/** The triplet of one seed; a picture that is missing is told when it is read. */
export function seedTriplet(prompts: PromptFolder, { id, seed }: { id: string; seed: string }): SourceRow {
  const { folder, prompt, files } = prompts;
  const picture = (role: 0 | 1) => () => {
    const name = new RegExp(`^${seed}_${role}\\.(?:jpe?g|png|webp)$`, 'i');
    const found = files.filter((file) => name.test(file)).sort();
    if (found.length === 1) return readPictureFile(join(folder, found[0]));
    const message =
      found.length === 0
        ? `there is no ${seed}_${role}.jpg`
        : `there are several pictures: ${found.join(', ')}`;
    throw new RewardEditError('bad-input', message, { where: folder });
  };
  const { edit, input, output } = prompt;
  return {
    record: { id, instruction: edit, ...(input !== undefined && { description: input }) },
    extra: output === undefined ? {} : { edited_prompt: output },
    pictures: { original: async () => picture(0)(), edited: async () => picture(1)() },
    where: folder,
  };
}
