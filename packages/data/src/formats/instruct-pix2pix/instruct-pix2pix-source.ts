import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { RewardEditError, fromSystemError } from '@rewardedit/core';
import { z } from 'zod';
import { listed } from '../../dataset/listed.ts';
import {
  PROMPT_FILE,
  holdsTriplets,
  readPromptFolder,
  seedTriplet,
  seedsIn,
  type PromptFolder,
} from './instruct-pix2pix-folder.ts';
import { readJsonElements } from '../json/json-elements.ts';
import type { SourceRow, TripletSource } from '../rows/source-triplet.ts';

export const SEEDS_FILE = 'seeds.json';

const seedSchema = z.union([z.int().nonnegative(), z.string().regex(/^\d{1,20}$/)]).transform(String);
const entrySchema = z.tuple([z.string().min(1), z.array(seedSchema)]);

/**
 * Opens InstructPix2Pix's folders. `seeds.json` lists the folders and seeds in order; without it, folders are read by name, and in each all
 * seeds, lowest first. The id of a triplet is `folder/seed`.
 */
export function instructPix2PixSource(root: string): TripletSource {
  const list = join(root, SEEDS_FILE);
  const hasList = existsSync(list);
  const skipped: string[] = [];
  return {
    format: 'instruct-pix2pix',
    async *rows() {
      for await (const { name, seeds, where } of hasList ? listedFolders(list) : allFolders(root, skipped)) {
        yield* folderRows(root, { name, where, ...(seeds !== undefined && { seeds }) });
      }
    },
    notes: () => [
      ...(hasList ? [] : [`there is no ${SEEDS_FILE}: all folders and all seeds are read`]),
      ...(skipped.length > 0
        ? [`skipped folders with neither ${PROMPT_FILE} nor pictures of a seed: ${listed(skipped)}`]
        : []),
    ],
  };
}

type Entry = { readonly name: string; readonly seeds?: readonly string[]; readonly where: string };

async function* folderRows(root: string, { name, seeds, where }: Entry): AsyncGenerator<SourceRow> {
  let prompts: PromptFolder;
  try {
    prompts = await readPromptFolder(root, name, where);
  } catch (error) {
    if (!(error instanceof RewardEditError) || error.code !== 'bad-input') throw error;
    const place = error.where ?? where;
    const ids = seeds?.map((seed) => `${name}/${seed}`) ?? [name];
    for (const id of ids) yield { id, where: place, unusable: error.message };
    return;
  }
  const all = seeds ?? seedsIn(prompts);
  if (seeds === undefined && all.length === 0)
    yield { id: name, where, unusable: 'there are no pictures in this folder' };
  for (const seed of all) yield seedTriplet(prompts, { id: `${name}/${seed}`, seed });
}

async function* listedFolders(list: string): AsyncGenerator<Entry> {
  for await (const { value, key, index } of readJsonElements(list)) {
    const where = `${list}, element ${index + 1}`;
    const entry = entrySchema.safeParse(value);
    if (key !== undefined || !entry.success) {
      throw new RewardEditError('bad-input', 'not a pair of a folder and its seeds', {
        where,
        hint: `${SEEDS_FILE} looks like [["0000001", [7, 42]], ...]`,
      });
    }
    const [name, seeds] = entry.data;
    yield { name, seeds, where };
  }
}

/** Yields all folders by name. Those without prompt and pictures are skipped and added to `skipped`. */
async function* allFolders(root: string, skipped: string[]): AsyncGenerator<Entry> {
  skipped.length = 0;
  let names: string[];
  try {
    const entries = await readdir(root, { withFileTypes: true });
    names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch (error) {
    throw fromSystemError(error, { doing: 'read the folder', path: root });
  }
  for (const name of names.sort()) {
    if (await holdsTriplets(join(root, name))) yield { name, where: join(root, name) };
    else skipped.push(name);
  }
}
