import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { METADATA_FILE } from '../../dataset/open-dataset.ts';

/** Files that Hugging Face's `datasets` reads in an ImageFolder; the first one found counts. */
export const METADATA_FILES = [METADATA_FILE, 'metadata.csv'] as const;

export function hasMetadata(folder: string): boolean {
  return METADATA_FILES.some((name) => existsSync(join(folder, name)));
}

/** Returns the path of a folder's metadata; of `metadata.jsonl` if it has none. */
export function metadataIn(folder: string): string {
  return join(folder, METADATA_FILES.find((name) => existsSync(join(folder, name))) ?? METADATA_FILE);
}
