import { join } from 'node:path';
import { mediaOf } from '../runs/media.ts';
import type { WatchedRun } from '../runs/watched-run.ts';
import type { ViewSettings } from '../watch/view-settings.ts';

/** The files of the picture to show: the denoising one if its pane is focused or there is no other, else that of the pictures pane. */
export function fullPicturePaths(
  { folder, state }: WatchedRun,
  { focused, back }: ViewSettings,
): readonly string[] | undefined {
  const preview = state.denoising.findLast((one) => one.preview !== undefined)?.preview;
  const media = mediaOf(folder, state);
  const medium = media[Math.max(0, media.length - 1 - back)];
  const isDenoising = preview !== undefined && (focused === 'denoising' || medium === undefined);
  return isDenoising ? [join(folder, preview)] : medium?.paths;
}
