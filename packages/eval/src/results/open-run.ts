import { existsSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { RewardEditError, findJsonFile } from '@rewardedit/core';
import { z } from 'zod';
import { readMissingEdits, type MissingEdit } from '../edits/missing-edits.ts';
import { readRunItems, type ShownItem } from './read-run.ts';

/** A run of `eval`, read from its folder. */
export interface EvalRun {
  /** Its name in tables: that of its folder. */
  readonly name: string;
  readonly folder: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly items: readonly ShownItem[];
  readonly absent: readonly MissingEdit[];
}

const configSchema = z.record(z.string(), z.unknown());

/**
 * Opens the folder of a run, or any scored dataset of edits.
 * @throws RewardEditError 'bad-input' if it is not one, or damaged.
 */
export async function openEvalRun(folder: string): Promise<EvalRun> {
  const path = resolve(folder);
  if (!existsSync(path)) {
    throw new RewardEditError('bad-input', 'there is no file or folder with this name', {
      where: folder,
      hint: 'name the folder that `rewardedit eval` wrote, or a scored dataset of edits',
    });
  }
  const [items, absent, config] = await Promise.all([
    readRunItems(path),
    readMissingEdits(path),
    readConfig(path),
  ]);
  return { name: basename(path), folder: path, config, items, absent };
}

/** Returns distinct names of runs: those of their folders, with the parent folder if two are equal. */
export function distinctNames(folders: readonly string[]): string[] {
  const paths = folders.map((folder) => resolve(folder));
  const short = paths.map((path) => basename(path));
  return paths.map((path, i) => {
    if (short.filter((name) => name === short[i]).length === 1) return short[i];
    return join(basename(dirname(path)), short[i]);
  });
}

/** A setting that differs between runs. */
export interface ConfigDifference {
  readonly setting: string;
  /** Its value in each run; null if a run does not have it. */
  readonly values: readonly unknown[];
}

/** Returns the settings that differ between runs, nested ones by their path, such as `candidate.model`. */
export function configDifferences(runs: readonly Pick<EvalRun, 'config'>[]): ConfigDifference[] {
  const flat = runs.map(({ config }) => flatten(config));
  const names = [...new Set(flat.flatMap((config) => [...config.keys()]))].toSorted();
  return names.flatMap((setting) => {
    const values = flat.map((config) => config.get(setting) ?? null);
    return values.every((value) => isDeepStrictEqual(value, values[0])) ? [] : [{ setting, values }];
  });
}

function flatten(value: unknown, path = ''): Map<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return new Map([[path, value]]);
  const entries = Object.entries(value).flatMap(([name, inner]) => [
    ...flatten(inner, path === '' ? name : `${path}.${name}`),
  ]);
  return new Map(entries);
}

async function readConfig(folder: string): Promise<Record<string, unknown>> {
  const name = {
    what: 'the settings of the run',
    hint: 'without this file, the run is still compared, but not its settings',
  };
  return (await findJsonFile(join(folder, 'config.json'), configSchema, name)) ?? {};
}
