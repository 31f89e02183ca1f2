import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { RewardEditError, makeFolder, readJsonFile, writeFileAtomic } from '@rewardedit/core';
import { imageSides, type SmartEditConfig } from '@rewardedit/models';
import { z } from 'zod';
import type { StoredStates } from '../pipelines/language-states.ts';

const count = z.number().int().positive();

/** `states.json` of a store: the language model and prompt its states were made with. */
const storeConfigSchema = z.strictObject({
  format: z.literal('rewardedit-states-1'),
  /** The language model. */
  model: z.string().min(1),
  /** The prompt template, with {instruction} as the placeholder. It ends with the image tokens. */
  prompt: z.string().includes('{instruction}'),
  /** Number of image tokens, whose states are stored, and width of a state. */
  positions: count,
  width: count,
  /** Side, in pixels, of the square picture that the language model sees. */
  side: count,
});

export type StoreConfig = z.output<typeof storeConfigSchema>;

const CONFIG_FILE = 'states.json';

/** Returns the configuration of the store that a model reads. */
export function storeConfigOf(smartEdit: SmartEditConfig, language: StoredStates): StoreConfig {
  const { model, prompt, positions, width } = language;
  const side = imageSides(smartEdit).pixels;
  return { format: 'rewardedit-states-1', model, prompt, positions, width, side };
}

/** @throws RewardEditError 'bad-input' if the folder is not a store of this format. */
export async function readStoreConfig(folder: string): Promise<StoreConfig> {
  return readJsonFile(join(folder, CONFIG_FILE), storeConfigSchema, {
    what: 'the store of states',
    hint: 'collect the states anew: `rewardedit data states`',
  });
}

/** Creates a store, or checks that the existing one has the same configuration. */
export async function claimStore(folder: string, config: StoreConfig): Promise<void> {
  if (!existsSync(join(folder, CONFIG_FILE))) {
    await makeFolder(folder);
    await writeFileAtomic(join(folder, CONFIG_FILE), `${JSON.stringify(config, null, 2)}\n`);
    return;
  }
  const found = await readStoreConfig(folder);
  const key = (Object.keys(config) as (keyof StoreConfig)[]).find((each) => found[each] !== config[each]);
  if (key === undefined) return;
  throw new RewardEditError(
    'bad-input',
    `the store has another ${key}: ${short(found[key])}, not ${short(config[key])}`,
    {
      where: folder,
      hint: 'choose another folder for these states',
    },
  );
}

function short(value: string | number): string {
  const text = String(value);
  return text.length > 40 ? `${text.slice(0, 12)}...` : text;
}
