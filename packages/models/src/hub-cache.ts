import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RewardEditError } from '@rewardedit/core';

/**
 * Returns the folder of a model: `path` itself, or, for a model in Hugging Face's cache (`models--OWNER--NAME`), the snapshot of its `main`
 * or its only snapshot.
 *
 * @throws RewardEditError 'bad-input' for a folder of the cache without such a snapshot.
 */
export async function modelFolderAt(path: string): Promise<string> {
  const snapshots = join(path, 'snapshots');
  if (existsSync(join(path, 'model_index.json')) || !existsSync(snapshots)) return path;
  const names = await readdir(snapshots);
  const main = await readFile(join(path, 'refs', 'main'), 'utf8').catch(() => undefined);
  // The file's contents are only compared with names, never used as a path.
  const chosen = names.find((name) => name === main?.trim()) ?? (names.length === 1 ? names[0] : undefined);
  if (chosen !== undefined) return join(snapshots, chosen);
  throw new RewardEditError(
    'bad-input',
    `the cache has ${names.length} snapshots of the model, none of them \`main\``,
    {
      where: snapshots,
      hint: 'Pass the folder of one snapshot.',
    },
  );
}
