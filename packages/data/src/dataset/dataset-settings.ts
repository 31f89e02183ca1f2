import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { RewardEditError, fromSystemError, isMissing, writeFileAtomic } from '@rewardedit/core';

export const SETTINGS_FILE = 'dataset.json';

const settingSchema = z.union([z.string(), z.number(), z.boolean(), z.array(z.string())]);
const datasetFileSchema = z.object({
  format: z.literal('rewardedit-dataset'),
  maker: z.string(),
  settings: z.record(z.string(), settingSchema),
  count: z.int().nonnegative(),
});

/** Every setting that the triplets of a dataset depend on. */
export type DatasetSettings = Readonly<Record<string, z.infer<typeof settingSchema>>>;

/** The contents of `dataset.json`: the maker of the dataset, its settings, and the number of triplets it will have. */
export type DatasetFile = {
  readonly format: 'rewardedit-dataset';
  readonly maker: string;
  readonly settings: DatasetSettings;
  readonly count: number;
};

/** Reads `dataset.json`. Undefined if there is none. Throws 'bad-input' if it is damaged. */
export async function readDatasetFile(folder: string): Promise<DatasetFile | undefined> {
  const path = join(folder, SETTINGS_FILE);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw fromSystemError(error, { doing: 'read the settings of the dataset', path });
  }
  try {
    return datasetFileSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new RewardEditError('bad-input', 'the settings of the dataset are damaged', { where: path, cause });
  }
}

/**
 * Prepares `folder` for this dataset: writes `dataset.json` into an empty one, or accepts one that already has the same dataset, which may
 * grow. Throws 'bad-input' if the folder holds another dataset (naming the settings that differ), more triplets than requested, or other
 * files.
 */
export async function claimDatasetFolder(
  folder: string,
  wanted: { readonly maker: string; readonly settings: DatasetSettings; readonly count: number },
): Promise<void> {
  const found = await readDatasetFile(folder);
  if (found === undefined) {
    // A lock and the rest of a killed atomic write do not count as other files.
    const files = (await readdir(folder)).filter((name) => !name.startsWith(`.${SETTINGS_FILE}.`));
    if (files.length > 0) {
      throw refused(folder, `the folder already holds other files (${files.slice(0, 3).join(', ')})`);
    }
  } else {
    const differences = differ(
      { maker: found.maker, ...found.settings },
      { maker: wanted.maker, ...wanted.settings },
    );
    if (differences.length > 0) {
      throw refused(folder, `the folder already holds another dataset (${differences.join('; ')})`);
    }
    if (found.count > wanted.count) {
      throw refused(
        folder,
        `the folder already holds a dataset of ${found.count} triplets, more than ${wanted.count}`,
      );
    }
    if (found.count === wanted.count) return;
  }
  const { maker, settings, count } = wanted;
  const file: DatasetFile = { format: 'rewardedit-dataset', maker, settings, count };
  await writeFileAtomic(join(folder, SETTINGS_FILE), `${JSON.stringify(file, null, 2)}\n`);
}

function refused(folder: string, message: string): RewardEditError {
  return new RewardEditError('bad-input', message, {
    where: folder,
    hint: 'choose another folder, or use the settings that it was made with',
  });
}

function differ(found: DatasetSettings, wanted: DatasetSettings): string[] {
  const names = new Set([...Object.keys(found), ...Object.keys(wanted)]);
  const show = (value: unknown) => JSON.stringify(value) ?? 'nothing';
  return [...names]
    .filter((name) => show(found[name]) !== show(wanted[name]))
    .map((name) => `${name} is ${show(found[name])} there, ${show(wanted[name])} here`);
}
