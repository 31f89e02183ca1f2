import { RewardEditError } from '@rewardedit/core';

/** How a pointer begins (https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md). */
export const LFS_POINTER_START = 'version https://git-lfs.github.com/spec/';

/** @throws RewardEditError 'bad-input' where a file's beginning is that of a pointer that Git LFS left in its place. */
export function refuseLfsPointer(beginning: string, path: string): void {
  if (!beginning.startsWith(LFS_POINTER_START)) return;
  throw new RewardEditError('bad-input', 'the file is a pointer of Git LFS, not what it points to', {
    where: path,
    hint: 'Run `git lfs pull` in the folder that was cloned, or download the file itself.',
  });
}
