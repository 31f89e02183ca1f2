import type { PictureSize } from '@rewardedit/data';
import type { EditModelConfig } from '../edit-model.ts';

/** Sides of tiles in pixels, the best first: larger ones show fewer seams, the smallest is taken whatever it needs. */
const SIDES = [1024, 768, 512, 384, 256, 128, 64, 32];

/**
 * The tiles in which a picture of some size may be encoded and decoded where the whole does not fit into the memory, the best first;
 * none where that would save nothing.
 */
export function tileSizes({ space: { kind, multiple } }: EditModelConfig, size: PictureSize): PictureSize[] {
  if (kind === 'pixels') return [];
  const tiles = SIDES.map((side) => Math.max(multiple, side - (side % multiple))).map((side) => ({
    width: Math.min(side, size.width),
    height: Math.min(side, size.height),
  }));
  return tiles.filter(({ width, height }) => width < size.width || height < size.height);
}
