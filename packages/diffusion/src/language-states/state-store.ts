import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { RewardEditError } from '@rewardedit/core';
import { fromFloat16 } from '@rewardedit/graph';
import { openSafetensors, writeSafetensors, type TensorFile } from '@rewardedit/models';
import { templateHash } from '../pipelines/index.ts';
import { readStoreConfig, type StoreConfig } from './store-config.ts';

/** Stored states of a language model, by `stateKey`. */
export interface StateStore {
  readonly folder: string;
  readonly config: StoreConfig;
  readonly size: number;
  has(key: string): boolean;
  /** [positions, width] flat; undefined if the store has none. */
  read(key: string): Promise<Float32Array | undefined>;
  /** Stores states as float16, in a separate file. */
  add(key: string, states: Float32Array): Promise<void>;
}

/** File names in a store, whichever program wrote it. */
const SHARD = /^states-[\w-]+\.safetensors$/;
const KEY = /^[0-9a-f]{64}$/;

/**
 * Opens a store: a folder with `states.json` and files `states-*.safetensors`. Each file contains F16 tensors [positions, width] named by
 * their keys, and `model` and `template` (the prompt's hash) in its metadata.
 *
 * @throws RewardEditError 'bad-input' for a file made with another language model or template, or with other contents.
 */
export async function openStateStore(folder: string): Promise<StateStore> {
  const config = await readStoreConfig(folder);
  const places = new Map<string, string>();
  for (const name of (await readdir(folder)).filter((each) => SHARD.test(each)).toSorted()) {
    const path = join(folder, name);
    const file = await openSafetensors(path);
    try {
      for (const key of checkedKeys(file, config)) if (!places.has(key)) places.set(key, path);
    } finally {
      await file.close();
    }
  }
  return {
    folder,
    config,
    get size() {
      return places.size;
    },
    has: (key) => places.has(key),
    async read(key) {
      const path = places.get(key);
      if (path === undefined) return undefined;
      const file = await openSafetensors(path);
      try {
        return fromFloat16(await file.float16(key));
      } finally {
        await file.close();
      }
    },
    async add(key, states) {
      const { model, positions, width } = config;
      const name = createHash('sha256').update(key).digest('hex').slice(0, 32);
      const path = join(folder, `states-${name}.safetensors`);
      const metadata = { format: 'pt', model, template: templateHash(config) };
      const tensors = { [key]: { shape: [positions, width], dtype: 'f16' } } as const;
      await writeSafetensors(path, tensors, () => states, metadata);
      places.set(key, path);
    },
  };
}

/** Returns the keys in a file, after checking that all of it belongs to this store. */
function checkedKeys({ path, metadata, tensors }: TensorFile, config: StoreConfig): string[] {
  const refused = (message: string) =>
    new RewardEditError('bad-input', message, {
      where: path,
      hint: 'remove the file from the store, and compute its states again',
    });
  const expected = { model: config.model, template: templateHash(config) };
  for (const [name, wanted] of Object.entries(expected)) {
    const found = metadata.get(name);
    if (found === wanted) continue;
    const what = name === 'model' ? 'language model' : 'template';
    throw refused(
      `the states are of another ${what}: ${found ?? 'no name given'}, but the store is of ${wanted}`,
    );
  }
  for (const [key, { dtype, shape }] of tensors) {
    if (!KEY.test(key)) throw refused(`the tensor's name ${JSON.stringify(key)} is not a SHA-256 hash`);
    if (dtype !== 'F16' || shape.join() !== [config.positions, config.width].join())
      throw refused(
        `the states ${key.slice(0, 12)} are ${dtype} [${shape.join(', ')}], not F16 [${config.positions}, ${config.width}]`,
      );
  }
  return [...tensors.keys()];
}
