import { EDIT_KINDS, type EditKind } from '@rewardedit/core';
import { writeDataset, type WriteOptions } from '../dataset/write-dataset.ts';
import { FAULT_RATE } from '../faults/fault-plan.ts';
import { SCENE_SIZE, sceneTriplet, type SceneSplit } from './scene-triplet.ts';

export type WriteScenesOptions = WriteOptions & {
  readonly seed: number;
  readonly size?: number;
  readonly faultRate?: number;
  readonly kinds?: readonly EditKind[];
  readonly split?: SceneSplit;
  readonly reasoning?: boolean;
  readonly rewrites?: boolean;
};

/** Writes a dataset of drawn scenes (`sceneTriplet`). Repeating an interrupted call resumes it. */
export function writeScenes(options: WriteScenesOptions): Promise<{ written: number }> {
  const {
    seed,
    size = SCENE_SIZE,
    faultRate = FAULT_RATE,
    kinds = EDIT_KINDS,
    split = 'train',
    reasoning = false,
    rewrites = false,
  } = options;
  return writeDataset({
    ...options,
    maker: 'scenes',
    // Datasets from before this setting existed do not have it.
    settings: {
      ...{ seed, size, faultRate, kinds: [...kinds], split },
      ...(reasoning && { reasoning }),
      ...(rewrites && { rewrites }),
    },
    *triplets(from) {
      for (let index = from; index < options.count; index++) {
        yield sceneTriplet(seed, index, { size, faultRate, kinds, split, reasoning, rewrites });
      }
    },
  });
}
