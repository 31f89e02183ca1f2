import { blankPicture } from '@rewardedit/data';
import { expect, test } from 'vitest';
import { reflow } from './reflow.ts';

/** Squares of 8 pixels below each other, each in a different grey, with two white rows after each. */
function sheetOf(greys: readonly number[]) {
  const sheet = blankPicture(8, 10 * greys.length, [255, 255, 255]);
  greys.forEach((grey, i) => sheet.data.fill(grey, 3 * 8 * 10 * i, 3 * 8 * (10 * i + 8)));
  return sheet;
}

test('sets a tall sheet in columns in a wide space, without splitting a part', () => {
  const { width, height, data } = reflow(sheetOf([10, 20, 30, 40]), 64, 10);
  expect(width).toBe(32);
  expect(height).toBeLessThanOrEqual(12);
  const greys = [0, 1, 2, 3].map(
    (column) => new Set([0, 4].map((y) => data[3 * ((y + 2) * width + 8 * column + 3)])),
  );
  expect(greys).toEqual([10, 20, 30, 40].map((grey) => new Set([grey])));
});

test('keeps a sheet that fits a tall space best or cannot be split', () => {
  const sheet = sheetOf([10, 20, 30, 40]);
  expect(reflow(sheet, 8, 20)).toEqual(sheet);
  const whole = blankPicture(8, 40, [90, 90, 90]);
  expect(reflow(whole, 64, 10)).toEqual(whole);
});
