import type { Triplet } from '@rewardedit/core';
import type { Picture } from '../pictures/picture.ts';

/** A triplet in memory: its record without file names, and its pictures. */
export type MadeTriplet = {
  readonly triplet: Omit<Triplet, 'original' | 'edited' | 'truth'>;
  readonly pictures: { readonly original: Picture; readonly edited: Picture; readonly truth: Picture };
};
