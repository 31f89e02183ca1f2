import type { Picture } from '@rewardedit/data';

/** A picture as the mean colours of square blocks in CIELAB (D65): three values a block, row by row. */
export type LabBlocks = {
  /** Blocks across and down; those at the right and lower edge may be cut off. */
  readonly across: number;
  readonly down: number;
  /** Pixels a side. */
  readonly side: number;
  readonly lab: Float64Array;
};

/** So many blocks along the shorter side, of 8 pixels each at 512. */
const BLOCKS = 64;
/** Pictures below 128 pixels have fewer of this side: one pixel would be all noise. */
const LEAST_SIDE = 2;

/** sRGB's transfer function (IEC 61966-2-1), undone: light, 0 to 1, of each 8-bit value. */
const LIGHT = Float64Array.from({ length: 256 }, (_, level) => {
  const value = level / 255;
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
});

/**
 * The mean colour of every block, averaged as light. A block's mean hardly moves with noise, compression or a shift of a
 * pixel, which are no edits, but with every edit that is as large as it.
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

/** Turns three sums of linear red, green and blue over so many pixels into L*, a* and b* of their mean (CIE 15:2018), in place. */
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
