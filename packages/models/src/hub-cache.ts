import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RewardEditError } from '@rewardedit/core';

/**
 * The folder of a model: the one that is named, or, for a model in Hugging Face's cache (`models--OWNER--NAME`), the snapshot of its
 * `main`, or the only one there is.
 *
 * @throws RewardEditError 'bad-input' where a folder of the cache has no such snapshot.
 */
export async function modelFolderAt(path: string): Promise<string> {
  const snapshots = join(path, 'snapshots');
  if (existsSync(join(path, 'model_index.json')) || !existsSync(snapshots)) return path;
  const names = await readdir(snapshots);
  const main = await readFile(join(path, 'refs', 'main'), 'utf8').catch(() => undefined);
  // What is in the file is a name, and never a path that leads elsewhere.
  const chosen = names.find((name) => name === main?.trim()) ?? (names.length === 1 ? names[0] : undefined);
  if (chosen !== undefined) return join(snapshots, chosen);
  throw new RewardEditError(
    'bad-input',
    `the cache holds ${names.length} snapshots of the model, none of them its main`,
    {
      where: snapshots,
      hint: 'Name one of them: its own folder.',
    },
  );
}
