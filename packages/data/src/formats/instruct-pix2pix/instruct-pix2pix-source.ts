import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { RewardEditError, fromSystemError } from '@rewardedit/core';
import { z } from 'zod';
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
 * InstructPix2Pix's folders. Where there is a `seeds.json`, it says which folders and seeds there are, and in which order;
 * else all folders by name, and in each all seeds, lowest first. The id of a triplet is `folder/seed`.
 */
export function instructPix2PixSource(root: string): TripletSource {
  const list = join(root, SEEDS_FILE);
  const listed = existsSync(list);
  const passedOver: string[] = [];
  return {
    format: 'instruct-pix2pix',
    async *rows() {
      for await (const { name, seeds, where } of listed
        ? listedFolders(list)
        : allFolders(root, passedOver)) {
        yield* folderRows(root, { name, where, ...(seeds !== undefined && { seeds }) });
      }
    },
    notes: () => [
      ...(listed ? [] : [`there is no ${SEEDS_FILE}: every folder and every seed is taken`]),
      ...(passedOver.length > 0 ? [passedOverNote(passedOver)] : []),
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
  for (const seed of seeds ?? seedsIn(prompts)) yield seedTriplet(prompts, { id: `${name}/${seed}`, seed });
}

async function* listedFolders(list: string): AsyncGenerator<Entry> {
  for await (const { value, key, index } of readJsonElements(list)) {
    const where = `${list}, element ${index + 1}`;
    const entry = entrySchema.safeParse(value);
    if (key !== undefined || !entry.success) {
      throw new RewardEditError('bad-input', 'this is no pair of a folder and its seeds', {
        where,
        hint: `${SEEDS_FILE} looks like [["0000001", [7, 42]], ...]`,
      });
    }
    const [name, seeds] = entry.data;
    yield { name, seeds, where };
  }
}

/** So many names of folders are told. */
const TOLD = 3;

function passedOverNote(names: readonly string[]): string {
  const told = names.slice(0, TOLD).join(', ');
  const more = names.length > TOLD ? ` and ${names.length - TOLD} more` : '';
  return `passed over, as they hold neither ${PROMPT_FILE} nor a picture with a seed: ${told}${more}`;
}

/** All folders by name; those that hold nothing of a triplet are passed over and added to `passedOver`. */
async function* allFolders(root: string, passedOver: string[]): AsyncGenerator<Entry> {
  passedOver.length = 0;
  let names: string[];
  try {
    const entries = await readdir(root, { withFileTypes: true });
    names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  } catch (error) {
    throw fromSystemError(error, { doing: 'read the folder', path: root });
  }
  for (const name of names.sort()) {
    if (await holdsTriplets(join(root, name))) yield { name, where: join(root, name) };
    else passedOver.push(name);
  }
}
