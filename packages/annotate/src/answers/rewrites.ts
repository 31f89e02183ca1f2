import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Rewrites, Triplet } from '@rewardedit/core';
import { staysTrueWhenFlipped, type Dataset } from '@rewardedit/data';
import { readAnswers } from './answers.ts';

/** The journal of rectified and wrong instructions in a dataset folder: answers as those of judges, without scores. */
export const REWRITES_FILE = 'rewrites.jsonl';

export function rewritesPath(dataset: Pick<Dataset, 'folder'>): string {
  return join(dataset.folder, REWRITES_FILE);
}

/** The instructions in a journal, by the triplets' ids; none where there is no journal. Throws 'bad-input' naming a damaged line. */
export async function readRewrites(path: string): Promise<Map<string, Rewrites>> {
  const rewrites = new Map<string, Rewrites>();
  if (!existsSync(path)) return rewrites;
  for await (const answer of readAnswers(path))
    if ('reward' in answer && answer.rewrites !== undefined) rewrites.set(answer.id, answer.rewrites);
  return rewrites;
}

/** The triplet with the instruction that says what it really shows, where one is known. */
export function rectified(triplet: Triplet, rewrites: ReadonlyMap<string, Rewrites>): Triplet {
  const instruction = rewrites.get(triplet.id)?.rectified;
  if (instruction === undefined || instruction === triplet.instruction) return triplet;
  // It may speak of left or right where the given one did not: the trainer decides anew.
  return {
    ...triplet,
    instruction,
    flippable: triplet.flippable === true && staysTrueWhenFlipped(instruction),
  };
}
