import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { RUNS_FOLDER } from '@rewardedit/core';
import type { State, TensorData } from '@rewardedit/graph';
import { openSafetensors, writeSafetensors } from '@rewardedit/models';

/** Tensors by name. */
export type Computed<Name extends string> = Readonly<Record<Name, Float32Array>>;

export interface ComputedStore<Name extends string> {
  /**
   * Returns the stored result, or computes and stores it.
   *
   * @param parts everything the result depends on; their hash names its file.
   */
  get(
    parts: readonly (string | TensorData | Uint8Array)[],
    compute: () => Promise<Computed<Name>>,
  ): Promise<Computed<Name>>;
}

/**
 * Opens a store of encoded pictures or texts next to a dataset. Each is computed once, across runs.
 *
 * @param dataset its folder or file.
 * @param kind name of the store's folder.
 * @param shapes of the stored tensors.
 */
export async function openComputedStore<Name extends string>(
  dataset: string,
  kind: string,
  shapes: Readonly<Record<Name, readonly number[]>>,
): Promise<ComputedStore<Name>> {
  const isFolder = (await stat(dataset)).isDirectory();
  const folder = join(isFolder ? dataset : dirname(dataset), RUNS_FOLDER, kind);
  const names = Object.keys(shapes) as Name[];
  const tensors = Object.fromEntries(names.map((name) => [name, { shape: shapes[name] }]));
  /** Computations in progress: samples of a batch often share a text or picture. */
  const underWay = new Map<string, Promise<Computed<Name>>>();

  async function read(path: string): Promise<Computed<Name>> {
    const file = await openSafetensors(path);
    try {
      const values = await Promise.all(names.map((name) => file.float32(name)));
      return Object.fromEntries(names.map((name, i) => [name, values[i]])) as Computed<Name>;
    } finally {
      await file.close();
    }
  }

  async function computed(path: string, compute: () => Promise<Computed<Name>>): Promise<Computed<Name>> {
    const values = await compute();
    await mkdir(dirname(path), { recursive: true });
    await writeSafetensors(path, tensors, (name) => values[name as Name]);
    return values;
  }

  return {
    async get(parts, compute) {
      const hash = createHash('sha256');
      for (const part of parts) hash.update(typeof part === 'string' ? `${part}\n` : bytesOf(part));
      const key = hash.digest('hex');
      const path = join(folder, key.slice(0, 2), `${key}.safetensors`);
      const found = underWay.get(key) ?? (existsSync(path) ? read(path) : computed(path, compute));
      underWay.set(key, found);
      try {
        return await found;
      } finally {
        underWay.delete(key);
      }
    },
  };
}

/** Returns a hash of all weights in a state, so that other weights give other keys. */
export async function stateDigest(state: State): Promise<string> {
  const hash = createHash('sha256');
  for (const name of Object.keys(state.specs).toSorted())
    hash.update(`${name}\n`).update(bytesOf(await state.read(name)));
  return hash.digest('hex');
}

function bytesOf({ buffer, byteOffset, byteLength }: TensorData | Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
