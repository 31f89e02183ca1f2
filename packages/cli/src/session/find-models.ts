import { relative } from 'node:path';
import { findFolders } from '@rewardedit/core';

/** A file in every model folder. */
const INDEX = 'model_index.json';

/** Finds the model folders in and below a folder, as relative paths. */
export async function findModels(root: string): Promise<string[]> {
  const found = await findFolders(root, INDEX);
  return found.map((folder) => relative(root, folder) || '.');
}
