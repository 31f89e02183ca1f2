import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { METADATA_FILE } from '../../dataset/open-dataset.ts';

/** What names the pictures of an ImageFolder, as Hugging Face's `datasets` looks for it; the first that is there counts. */
export const METADATA_FILES = [METADATA_FILE, 'metadata.csv'] as const;

export function hasMetadata(folder: string): boolean {
  return METADATA_FILES.some((name) => existsSync(join(folder, name)));
}

/** The path of a folder's metadata; of `metadata.jsonl` where there is none. */
export function metadataIn(folder: string): string {
  return join(folder, METADATA_FILES.find((name) => existsSync(join(folder, name))) ?? METADATA_FILE);
}
