import type { Picture } from '@rewardedit/data';

/** A picture as mean colours of square blocks in CIELAB (D65): three values per block, row by row. */
export type LabBlocks = {
  /** Number of blocks across and down; those at the right and lower edge may be incomplete. */
  readonly across: number;
  readonly down: number;
  /** Side of a block in pixels. */
  readonly side: number;
  readonly lab: Float64Array;
};

/** Number of blocks along the shorter side, of 8 pixels each at 512. */
const BLOCKS = 64;
/** Smallest side of a block, so pictures below 128 pixels have fewer blocks: a single pixel would be all noise. */
const LEAST_SIDE = 2;

/** Inverse of sRGB's transfer function (IEC 61966-2-1): linear light, 0 to 1, of each 8-bit value. */
const LIGHT = Float64Array.from({ length: 256 }, (_, level) => {
  const value = level / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
});

/**
 * Computes the mean colour of every block in linear light. Noise, compression and a shift by a pixel hardly change a block's mean, but every edit
 * of its size does.
 */
export function labBlocks({ width, height, data }: Picture): LabBlocks {
  const side = Math.max(LEAST_SIDE, Math.floor(Math.min(width, height) / BLOCKS));
  const across = Math.ceil(width / side);
  const down = Math.ceil(height / side);
  const lab = new Float64Array(across * down * 3);
  for (let y = 0, at = 0; y < height; y++) {
    const row = Math.floor(y / side) * across;
    for (let x = 0; x < width; x++, at += 3) {
      const block = (row + Math.floor(x / side)) * 3;
      lab[block] += LIGHT[data[at]];
      lab[block + 1] += LIGHT[data[at + 1]];
      lab[block + 2] += LIGHT[data[at + 2]];
    }
  }
  for (let block = 0; block < across * down; block++) {
    const left = (block % across) * side;
    const top = Math.floor(block / across) * side;
    const pixels = Math.min(side, width - left) * Math.min(side, height - top);
    toLab(lab, block * 3, pixels);
  }
  return { across, down, side, lab };
}

/** Converts sums of linear red, green and blue over `pixels` pixels to L*, a* and b* of their mean (CIE 15:2018), in place. */
function toLab(values: Float64Array, at: number, pixels: number): void {
  const red = values[at] / pixels;
  const green = values[at + 1] / pixels;
  const blue = values[at + 2] / pixels;
  const x = compress((0.4124564 * red + 0.3575761 * green + 0.1804375 * blue) / 0.95047);
  const y = compress(0.2126729 * red + 0.7151522 * green + 0.072175 * blue);
  const z = compress((0.0193339 * red + 0.119192 * green + 0.9503041 * blue) / 1.08883);
  values[at] = 116 * y - 16;
  values[at + 1] = 500 * (x - y);
  values[at + 2] = 200 * (y - z);
}

function compress(ratio: number): number {
  return ratio > 216 / 24389 ? Math.cbrt(ratio) : ((24389 / 27) * ratio + 16) / 116;
}
