import type { SavePreview } from '@rewardedit/core';
import { encodePng, pictureRow, shrinkPicture, type Picture } from '@rewardedit/data';
import type { EditModelConfig } from '../edit-model.ts';
import type { EditSession } from './edit-session.ts';
import type { EditRequest } from './editor.ts';

/** Faster than this nobody sees a difference, and previews would take time from the steps. */
const SHORTEST_MILLISECONDS = 250;
/** Of so many pictures that are edited together, the first ones, side by side. */
const MOST_PICTURES = 4;
/** Pixels of each along the longer side, at most. */
const LARGEST_SIDE = 96;

/** What the event of a step says of its preview. */
interface ShownPreview {
  readonly preview: string;
  readonly decoded?: string | undefined;
}

/**
 * Keeps small pictures of what edits look like so far: x0 as of the last step, the first few side by side. One that follows too soon is
 * left out, unless it is `always` wanted.
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
