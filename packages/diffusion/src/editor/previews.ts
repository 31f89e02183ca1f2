import type { SavePreview } from '@rewardedit/core';
import { encodePng, pictureRow, shrinkPicture, type Picture } from '@rewardedit/data';
import type { EditModelConfig } from '../edit-model.ts';
import type { EditSession } from './edit-session.ts';
import type { EditRequest } from './editor.ts';

/** Previews more frequent than this are not noticed, and take time from the steps. */
const SHORTEST_MILLISECONDS = 250;
/** The most pictures in a preview, side by side. */
const MOST_PICTURES = 4;
/** The longer side of each, in pixels, at most. */
const LARGEST_SIDE = 96;

/** The preview's fields in the event of a step. */
interface ShownPreview {
  readonly preview: string;
  readonly decoded?: string | undefined;
}

/**
 * Returns a function that saves a preview of the edits so far: x0 predicted by the last step, for the first few pictures side by side.
 * It skips a preview that follows too soon after the last, unless `always` is set.
 */
export async function createPreviews(
  session: EditSession,
  { space }: EditModelConfig,
  requests: readonly EditRequest[],
  save: SavePreview,
): Promise<(options: { readonly always: boolean }) => Promise<ShownPreview | undefined>> {
  const shown = requests.slice(0, MOST_PICTURES);
  const modes = partsOf(await session.read('source'), requests.length);
  const previews = shown.map(({ picture }, r) => space.preview({ picture, mode: modes[r] }));
  let keptAt = Number.NEGATIVE_INFINITY;

  return async ({ always }) => {
    if (!always && performance.now() - keptAt < SHORTEST_MILLISECONDS) return undefined;
    keptAt = performance.now();
    const samples = partsOf(await session.read('predicted'), requests.length);
    const row = pictureRow(previews.map(({ draw }, r) => small(draw(samples[r]))));
    const preview = await save(encodePng(row));
    return preview === undefined ? undefined : { preview, decoded: previews[0].decoded };
  };
}

function partsOf(values: Float32Array, count: number): Float32Array[] {
  const length = values.length / count;
  return Array.from({ length: count }, (_, i) => values.subarray(i * length, (i + 1) * length));
}

function small(picture: Picture): Picture {
  return shrinkPicture(picture, Math.ceil(Math.max(picture.width, picture.height) / LARGEST_SIDE));
}
