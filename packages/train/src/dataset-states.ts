import type { Emit } from '@rewardedit/core';
import { isHeldOut, openDataset } from '@rewardedit/data';
import { seenSquare, type AskedStates, type EditModelConfig } from '@rewardedit/diffusion';
import { mirrored } from './mirrored.ts';
import { createPictureCache } from './picture-cache.ts';

/**
 * Goes through all that a training on a dataset will ask a language model: each triplet once, and mirrored where it may be shown so.
 *
 * @param options.size pixels a side that training resizes pictures to.
 * @param options.visit what is to be done with each, one after another.
 * @throws RewardEditError 'bad-input' at a picture that cannot be read.
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
