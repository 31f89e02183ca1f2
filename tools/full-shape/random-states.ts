import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createRandom } from '@rewardedit/core';
import { openStateStore } from '@rewardedit/diffusion';

/**
 * Fills a store with random states for everything on its list (`wanted.jsonl`), in place of a language model.
 */
export async function fillWithRandomStates(folder: string, seed: number): Promise<void> {
  const store = await openStateStore(folder);
  const { positions, width } = store.config;
  for (const line of (await readFile(join(folder, 'wanted.jsonl'), 'utf8')).trim().split('\n')) {
    const { key } = JSON.parse(line) as { key: string };
    const states = new Float32Array(positions * width);
    createRandom(seed, `states ${key}`).fillNormal(states);
    await store.add(key, states);
  }
}
