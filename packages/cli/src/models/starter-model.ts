import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { RewardEditError } from '@rewardedit/core/errors';

const MODELS = new URL('../../models/', import.meta.url);

/** The models that come with the program, by what they are for; the README of each is its card. */
export const STARTER_MODELS = {
  /** Edits photos. */
  photos: fileURLToPath(new URL('starter', MODELS)),
  /** The same after the first part of its training, at 32 pixels a side, which is the demo's size. */
  demo: fileURLToPath(new URL('starter-32', MODELS)),
} as const;

/** What shows that the starter model is meant, in messages and in the settings of a picture. */
export const STARTER_NAME = 'the starter model';

/** The folder to use where no model is named. Throws 'bad-input' where the installation lacks it. */
export async function starterModel(purpose: keyof typeof STARTER_MODELS): Promise<string> {
  const folder = STARTER_MODELS[purpose];
  if (existsSync(folder)) return folder;
  throw new RewardEditError('bad-input', 'the starter model is missing from this installation', {
    where: folder,
    hint: 'install rewardedit again, or name a model with --model FOLDER',
  });
}
