import { basename, isAbsolute, join, resolve } from 'node:path';
import type { RunState } from '@rewardedit/core';

/** A picture of a run. */
export type Medium = {
  /** Candidate files, the likeliest first: a run may have been made on another machine, or moved. */
  readonly paths: readonly string[];
  readonly step?: number | undefined;
  /** Captions, one line each. */
  readonly captions: readonly string[];
};

/** The pictures in the events of a run, oldest first. */
export function mediaOf(folder: string, { samples, edited }: RunState): Medium[] {
  const sampled = samples.map(({ path, step, items = [] }) => ({
    paths: placesOf(folder, path, 'samples'),
    step,
    captions: items.map(({ instruction }) => instruction),
  }));
  const made = edited.flatMap(({ path, id, instruction }) =>
    path === undefined ? [] : [{ paths: placesOf(folder, path, 'edits'), captions: [instruction ?? id] }],
  );
  return [...sampled, ...made];
}

function placesOf(folder: string, path: string, subfolder: string): string[] {
  const inFolder = join(folder, subfolder, basename(path));
  return isAbsolute(path) ? [path, inFolder] : [join(folder, path), inFolder, resolve(path)];
}
