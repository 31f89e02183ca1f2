import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RewardEditError } from '@rewardedit/core';
import { openSafetensors } from '@rewardedit/models';

/**
 * A folder of reference tensors: its `reference.json` names its kind; without one, `tokens.json` marks a
 * tokenizer's set.
 */
export interface ReferenceSet {
  readonly folder: string;
  readonly kind: string;
  /** `reference.json`. */
  readonly facts: Readonly<Record<string, unknown>>;
}

/**
 * Returns all sets in a folder and its subfolders, ordered by path.
 *
 * @throws RewardEditError 'bad-input' if there are none.
 */
export async function findSets(folder: string): Promise<ReferenceSet[]> {
  const sets = await setsBelow(folder);
  if (sets.length > 0) return sets;
  throw new RewardEditError('bad-input', 'no reference.json in this folder or its subfolders', {
    where: folder,
    hint: 'name a folder with reference sets',
  });
}

async function setsBelow(folder: string): Promise<ReferenceSet[]> {
  const entries = await readEntries(folder);
  const sets: ReferenceSet[] = [];
  const has = (name: string) => entries.some((entry) => entry.name === name);
  if (has('reference.json')) sets.push(await openSet(folder));
  // Sets of a tokenizer have no tensors, and are identified by their only file.
  else if (has('tokens.json')) sets.push({ folder, kind: 'clip-tokenizer', facts: {} });
  for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.isDirectory()) sets.push(...(await setsBelow(join(folder, entry.name))));
  }
  return sets;
}

async function readEntries(folder: string) {
  try {
    return await readdir(folder, { withFileTypes: true });
  } catch (cause) {
    throw new RewardEditError('bad-input', 'the folder of reference sets cannot be read', {
      where: folder,
      hint: 'name a folder with reference sets',
      cause,
    });
  }
}

async function openSet(folder: string): Promise<ReferenceSet> {
  const facts = asRecord(await readJsonFile(join(folder, 'reference.json')));
  if (typeof facts.kind !== 'string') {
    throw new RewardEditError('bad-input', 'the set does not name its kind', {
      where: join(folder, 'reference.json'),
      hint: 'give it a "kind", such as "unet"',
    });
  }
  return { folder, kind: facts.kind, facts };
}

export async function readJsonFile(path: string): Promise<unknown> {
  return JSON.parse(await readFile(path, 'utf8'));
}

export function asRecord(value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new RewardEditError('bad-input', `expected a JSON object, found ${JSON.stringify(value)}`);
}

/** Tensors of a file with their shapes: integers as int32, everything else as float32. */
export interface Tensors {
  readonly values: Readonly<Record<string, Float32Array | Int32Array>>;
  readonly shapes: Readonly<Record<string, readonly number[]>>;
}

/** The same for an optional file: no tensors if it is missing. */
export async function readOptionalTensors(path: string): Promise<Tensors> {
  return existsSync(path) ? readTensors(path) : { values: {}, shapes: {} };
}

export async function readTensors(path: string): Promise<Tensors> {
  const file = await openSafetensors(path);
  try {
    const values: Record<string, Float32Array | Int32Array> = {};
    const shapes: Record<string, readonly number[]> = {};
    for (const [name, { dtype, shape }] of file.tensors) {
      values[name] = /^[IU](8|16|32|64)$/.test(dtype) ? await file.int32(name) : await file.float32(name);
      shapes[name] = shape;
    }
    return { values, shapes };
  } finally {
    await file.close();
  }
}
