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

/** A folder of InstructPix2Pix holds this file with the instruction, and for each seed the pictures `{seed}_0.jpg` (original) and `{seed}_1.jpg` (edited). */
export const PROMPT_FILE = 'prompt.json';

/** Copies of the dataset have other formats than JPEG, too. */
const PICTURE_NAME = /^(?<seed>\d{1,20})_(?<role>[01])\.(?:jpe?g|png|webp)$/i;

const promptSchema = z.object({
  edit: z.string(),
  /** The prompts that the original and the edited picture were generated from. */
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

/** Reads the prompt and the file names of a folder. Throws 'bad-input' if the folder is missing or its `prompt.json` is damaged. */
export async function readPromptFolder(root: string, name: string, where: string): Promise<PromptFolder> {
  const folder = insideFolder(root, name, where);
  const path = join(folder, PROMPT_FILE);
  try {
    if ((await stat(path)).size > MAX_PROMPT_BYTES)
      throw new RewardEditError('bad-input', 'the file is too large', { where: path });
    const bytes = await readFile(path);
    refuseOtherContents(bytes, path, 'text');
    return { folder, prompt: promptSchema.parse(parseJsonBytes(bytes)), files: await readdir(folder) };
  } catch (error) {
    if (isMissing(error))
      throw new RewardEditError('bad-input', `there is no ${PROMPT_FILE}`, { where: folder });
    const explained = fromSystemError(error, { doing: 'read the folder', path: folder });
    if (explained instanceof RewardEditError) throw explained;
    throw new RewardEditError('bad-input', 'not a JSON object with the text "edit"', {
      where: path,
      cause: error,
    });
  }
}

/** Whether a folder has a prompt or pictures. macOS leaves folders of hidden files beside the real ones. */
export async function holdsTriplets(folder: string): Promise<boolean> {
  const files = await readdir(folder).catch(() => undefined);
  // A folder that cannot be listed is not skipped: reading it reports why.
  return files === undefined || files.some((name) => name === PROMPT_FILE || PICTURE_NAME.test(name));
}

/** Returns the seeds that a folder has a picture for, lowest first; with `'0'`, those that it has an original for. */
export function seedsIn({ files }: Pick<PromptFolder, 'files'>, role?: '0'): string[] {
  const seeds = files.flatMap((name) => {
    const found = PICTURE_NAME.exec(name)?.groups;
    return found !== undefined && (role === undefined || found['role'] === role) ? found['seed'] : [];
  });
  return [...new Set(seeds)].sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : BigInt(a) > BigInt(b) ? 1 : 0));
}

/** Returns the triplet of one seed. Reading a picture throws 'bad-input' if it is missing. */
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
