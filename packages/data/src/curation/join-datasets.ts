import { basename, dirname, relative, resolve, sep } from 'node:path';
import { RewardEditError } from '@rewardedit/core';
import { toMetadataRow } from '../dataset/metadata-row.ts';
import { openDataset, type Dataset } from '../dataset/open-dataset.ts';
import { createKeyNumbers, textKey } from '../hashes/index.ts';
import { TAKEN_NAMES, writeView } from './write-view.ts';

/**
 * Writes the triplets of several datasets, one after another, into one `.jsonl` file above their folders. Every command accepts it in place of
 * a folder, and no picture is copied. Resolves to the number of triplets in each dataset.
 *
 * Throws 'usage' if a dataset's folder is not below the file's folder, 'bad-input' if two triplets have the same id, because rewards refer to
 * ids. An existing file is kept in case of an error.
 */
export async function joinDatasets(paths: readonly string[], out: string): Promise<number[]> {
  if (!out.endsWith('.jsonl') || TAKEN_NAMES.includes(basename(out))) {
    throw new RewardEditError('usage', 'datasets are joined into a new .jsonl file', {
      where: out,
      hint: 'name one such as data/mixed.jsonl, above the folders of the datasets',
    });
  }
  const datasets = await Promise.all(paths.map(openDataset));
  const prefixes = datasets.map((dataset) => prefixOf(dataset, dirname(resolve(out)), out));
  const counts = datasets.map(() => 0);
  const ids = createKeyNumbers();

  async function* rows(): AsyncGenerator {
    for (const [i, dataset] of datasets.entries()) {
      for await (const triplet of dataset.triplets()) {
        const known = ids.size();
        if (ids.add(textKey(triplet.id)) < known) {
          throw new RewardEditError('bad-input', `two triplets have the id ${JSON.stringify(triplet.id)}`, {
            where: dataset.metadata,
            hint: 'make the datasets with different seeds, or give their triplets other ids',
          });
        }
        counts[i] += 1;
        const { original, edited, truth } = triplet;
        const below = (name: string) => `${prefixes[i]}${name}`;
        yield toMetadataRow({
          ...triplet,
          original: below(original),
          edited: below(edited),
          ...(truth !== undefined && { truth: below(truth) }),
        });
      }
    }
  }

  await writeView(out, rows());
  return counts;
}

/** Returns the prefix of a dataset's picture names relative to another folder: "scenes/". */
function prefixOf({ folder }: Dataset, from: string, out: string): string {
  const way = relative(from, resolve(folder));
  if (way === '') return '';
  if (way.startsWith('..')) {
    throw new RewardEditError('usage', `the dataset ${folder} is not below the folder of the joined file`, {
      where: out,
      hint: 'choose a file in a folder above all datasets, because picture names are relative to it',
    });
  }
  return `${way.split(sep).join('/')}/`;
}
