import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { RewardEditError } from '@rewardedit/core/errors';

const MODELS = new URL('../../models/', import.meta.url);

/** The models of this package, by their purpose; the README of each is its model card. */
export const STARTER_MODELS = {
  /** Edits photos. */
  photos: fileURLToPath(new URL('starter', MODELS)),
  /** An earlier stage of the same training, at 32 pixels a side, which is the demo's size. */
  demo: fileURLToPath(new URL('starter-32', MODELS)),
} as const;

/** Name of the starter model in messages, and in the settings of a picture. */
export const STARTER_NAME = 'the starter model';

/** The folder of a starter model. Throws 'bad-input' if the installation lacks it. */
export async function starterModel(purpose: keyof typeof STARTER_MODELS): Promise<string> {
  const folder = STARTER_MODELS[purpose];
  if (existsSync(folder)) return folder;
  throw new RewardEditError('bad-input', 'the starter model is missing from this installation', {
    where: folder,
    hint: 'reinstall rewardedit, or choose a model with --model FOLDER',
  });
}
