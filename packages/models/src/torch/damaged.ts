import { RewardEditError } from '@rewardedit/core';

/** Returns the error for an invalid torch file. */
export function damagedTorchFile(path: string, problem: string): RewardEditError {
  return new RewardEditError('bad-input', `the torch file is invalid: ${problem}`, {
    where: path,
    hint: 'Save its weights as safetensors with the program that made it, or download a safetensors version.',
  });
}
