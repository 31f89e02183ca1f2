import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Emit } from '@rewardedit/core';
import { DEMO_SIDE, type DemoSize } from './demo-size.ts';

/** A photo that no model was trained on. */
export const heldOutPhoto = (folder: string) =>
  join(folder, 'data', 'held-out-photos', 'pictures', '000', '000000-original.png');

/** The photos of this package, in one folder per part. */
const PHOTOS = fileURLToPath(new URL('../../assets/photos', import.meta.url));

/** A part of the data, and its path. */
export type DemoPart = 'train' | 'held-out';
export const partPath = (folder: string, part: DemoPart) => join(folder, 'data', `${part}.jsonl`);

/**
 * Generates the triplets of one part: scenes and photo edits, joined in one file. Six in ten training triplets have a fault, held-out
 * ones have none. No layout of a scene and no photo is in both parts.
 */
export async function makePart(
  folder: string,
  part: DemoPart,
  {
    scenes,
    photos,
    reasoning,
    seed,
    signal,
    emit,
  }: Pick<DemoSize, 'scenes' | 'photos'> & {
    readonly reasoning: boolean;
    readonly seed: number;
    readonly signal: AbortSignal;
    readonly emit: Emit;
  },
): Promise<void> {
  const { joinDatasets, writePhotoEdits, writeScenes } = await import('@rewardedit/data');
  const common = { seed, size: DEMO_SIDE, signal, ...(part === 'held-out' && { faultRate: 0 }) };
  const report =
    (before: number): Emit =>
    (event) =>
      emit(event.type === 'progress' ? { type: 'progress', done: before + event.done } : event);
  const sceneFolder = join(folder, 'data', `${part}-scenes`);
  const photoFolder = join(folder, 'data', `${part}-photos`);
  await writeScenes({
    ...common,
    ...{ folder: sceneFolder, count: scenes, split: part, reasoning, emit: report(0) },
  });
  if (photos > 0) {
    const source = join(PHOTOS, part);
    await writePhotoEdits({
      ...common,
      ...{ folder: photoFolder, count: photos, photos: source, emit: report(scenes) },
    });
  }
  await joinDatasets(photos > 0 ? [sceneFolder, photoFolder] : [sceneFolder], partPath(folder, part));
}
