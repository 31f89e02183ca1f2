import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder of the model that comes with the program; its README is its card. */
export const STARTER_MODEL = fileURLToPath(new URL('../../models/starter', import.meta.url));

/** What shows that the starter model is meant, in messages and in the settings of a picture. */
export const STARTER_NAME = 'the starter model';

/** The folder to use where no model is named. Throws 'bad-input' where the installation lacks it. */
export async function starterModel(): Promise<string> {
  if (existsSync(STARTER_MODEL)) return STARTER_MODEL;
  const { RewardEditError } = await import('@rewardedit/core');
  throw new RewardEditError('bad-input', 'the starter model is missing from this installation', {
    where: STARTER_MODEL,
    hint: 'install rewardedit again, or name a model with --model FOLDER',
  });
}
