import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Rewrites, Triplet } from '@rewardedit/core';
import { staysTrueWhenFlipped, type Dataset } from '@rewardedit/data';
import { readAnswers } from './answers.ts';

/** The journal of rectified and wrong instructions in a dataset folder: answers like those of judges, without scores. */
export const REWRITES_FILE = 'rewrites.jsonl';

export function rewritesPath(dataset: Pick<Dataset, 'folder'>): string {
  return join(dataset.folder, REWRITES_FILE);
}

/**
 * Reads the instructions in a journal, by triplet id; none if there is no journal. Throws `bad-input`, naming the line, if one is damaged.
 */
export async function readRewrites(path: string): Promise<Map<string, Rewrites>> {
  const rewrites = new Map<string, Rewrites>();
  if (!existsSync(path)) return rewrites;
  for await (const answer of readAnswers(path))
    if ('reward' in answer && answer.rewrites !== undefined) rewrites.set(answer.id, answer.rewrites);
  return rewrites;
}

/** Replaces a triplet's instruction by the rectified one, if there is one. */
export function rectified(triplet: Triplet, rewrites: ReadonlyMap<string, Rewrites>): Triplet {
  const instruction = rewrites.get(triplet.id)?.rectified;
  if (instruction === undefined || instruction === triplet.instruction) return triplet;
  // Unlike the given one, it may say left or right, which decides whether the triplet may be flipped.
  return {
    ...triplet,
    instruction,
    flippable: triplet.flippable === true && staysTrueWhenFlipped(instruction),
  };
}
