import type { Emit } from '@rewardedit/core';
import { isHeldOut, openDataset } from '@rewardedit/data';
import { seenSquare, type AskedStates, type EditModelConfig } from '@rewardedit/diffusion';
import { mirrored } from './mirrored.ts';
import { createPictureCache } from './picture-cache.ts';

/**
 * Visits all inputs of an external language model that training on a dataset will need: each triplet, and its mirror image if it may be flipped.
 *
 * @param options.size side in pixels to which training resizes pictures.
 * @param options.visit called for each, one after another.
 * @throws RewardEditError 'bad-input' for a picture that cannot be read.
 */
export async function visitAskedStates(
  folder: string,
  smartEdit: NonNullable<EditModelConfig['smartEdit']>,
  {
    size,
    flips,
    split,
    signal,
    emit,
    visit,
  }: {
    size: number;
    flips: boolean;
    split?: string | undefined;
    signal: AbortSignal;
    emit: Emit;
    visit: (asked: AskedStates) => Promise<void>;
  },
): Promise<void> {
  const dataset = await openDataset(folder);
  const pictures = createPictureCache(size);
  let done = 0;
  for await (const triplet of dataset.triplets()) {
    signal.throwIfAborted();
    if (split === undefined ? isHeldOut(triplet.split) : triplet.split !== split) continue;
    const { instruction, flippable } = triplet;
    const { source } = await pictures({
      original: dataset.resolve(triplet.original),
      edited: dataset.resolve(triplet.edited),
    });
    const shown = flips && flippable === true ? [source, mirrored(source)] : [source];
    for (const picture of shown) await visit({ picture: await seenSquare(smartEdit, picture), instruction });
    done += 1;
    emit({ type: 'progress', done });
  }
}
