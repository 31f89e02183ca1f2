import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { RewardEditError } from '@rewardedit/core';

/**
 * Returns the files of a dataset in Hugging Face's cache (`datasets--OWNER--NAME`): those of the commit at its branch `main`, or of the only
 * commit. Any other path is returned unchanged. Throws 'bad-input' if there are several commits and no branch `main`.
 */
export async function insideHubFolder(path: string): Promise<string> {
  const names: string[] = await readdir(path).catch(() => []);
  if (!names.includes('snapshots') || !names.includes('blobs')) return path;
  const commits = (await readdir(join(path, 'snapshots'))).filter((name) => !name.startsWith('.')).sort();
  const main = (await readFile(join(path, 'refs', 'main'), 'utf8').catch(() => '')).trim();
  const commit = commits.find((name) => name === main) ?? (commits.length === 1 ? commits[0] : undefined);
  if (commit !== undefined) return join(path, 'snapshots', commit);
  const [what, hint] =
    commits.length === 0
      ? ['no files yet', 'download the dataset first']
      : [`${commits.length} commits of the dataset`, `name one: ${join(path, 'snapshots', commits[0])}`];
  throw new RewardEditError('bad-input', `this folder of Hugging Face's cache has ${what}`, {
    where: path,
    hint,
  });
}
