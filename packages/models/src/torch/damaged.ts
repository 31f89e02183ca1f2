import { RewardEditError } from '@rewardedit/core';

/** What is said of a torch file that is not what it should be. */
export function damagedTorchFile(path: string, problem: string): RewardEditError {
  return new RewardEditError('bad-input', `the torch file cannot be used: ${problem}`, {
    where: path,
    hint: 'Save its weights as safetensors with the program that made it, or download the safetensors version.',
  });
}
