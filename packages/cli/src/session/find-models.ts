import { relative } from 'node:path';
import { findFolders } from '@rewardedit/core';

/** What every model folder holds. */
const INDEX = 'model_index.json';

/** The model folders in a folder and below it, as paths relative to it. */
export async function findModels(root: string): Promise<string[]> {
  const found = await findFolders(root, INDEX);
  return found.map((folder) => relative(root, folder) || '.');
}
