import { existsSync } from 'node:fs';
import { RewardEditError } from '@rewardedit/core/errors';

/** Throws 'bad-input' where there is something at the path of a model that is to be written. */
export function assertFree(path: string): void {
  if (!existsSync(path)) return;
  throw new RewardEditError('bad-input', 'there is something already', {
    where: path,
    hint: 'choose another name for the model',
  });
}
