import type { PictureSize } from '@rewardedit/data';
import type { EditModelConfig } from '../edit-model.ts';

/** Sides of tiles in pixels, best first: larger tiles show fewer seams. The smallest is used even if it does not fit. */
const SIDES = [1024, 768, 512, 384, 256, 128, 64, 32];

/**
 * Returns the tile sizes for encoding and decoding a picture that does not fit into memory, best first. Empty if tiling would save
 * nothing.
 */
export function tileSizes({ space: { kind, multiple } }: EditModelConfig, size: PictureSize): PictureSize[] {
  if (kind === 'pixels') return [];
  const tiles = SIDES.map((side) => Math.max(multiple, side - (side % multiple))).map((side) => ({
    width: Math.min(side, size.width),
    height: Math.min(side, size.height),
  }));
  return tiles.filter(({ width, height }) => width < size.width || height < size.height);
}
