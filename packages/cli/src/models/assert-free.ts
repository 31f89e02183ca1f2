import { existsSync } from 'node:fs';
import { RewardEditError } from '@rewardedit/core/errors';

/** Throws 'bad-input' if the output path of a model exists. */
export function assertFree(path: string): void {
  if (!existsSync(path)) return;
  throw new RewardEditError('bad-input', 'this path already exists', {
    where: path,
    hint: 'choose another name for the model',
  });
}
