import { blankPicture } from '@rewardedit/data';
import { expect, test } from 'vitest';
import { pictureLines, pixelsFor } from './cells.ts';

const red = blankPicture(2, 3, [255, 0, 0]);

test('combines two stacked pixels into one character; equal neighbours share their colours', () => {
  expect(pictureLines(red, 24)).toEqual([
    '\u001B[38;2;255;0;0;48;2;255;0;0m▀▀\u001B[39;49m',
    '\u001B[38;2;255;0;0;49m▀▀\u001B[39;49m',
  ]);
});

test.each([
  [8, '\u001B[38;5;196;49m▀▀\u001B[39;49m'],
  [4, '\u001B[91;49m▀▀\u001B[39;49m'],
] as const)('with %i bits it takes the nearest colour', (depth, line) => {
  expect(pictureLines(red, depth)[1]).toBe(line);
});

test('draws bright pixels as dense characters without colours', () => {
  expect(pictureLines(blankPicture(3, 2, [255, 255, 255]), 0)).toEqual(['@@@']);
  expect(pictureLines(blankPicture(3, 1), 0)).toEqual(['   ']);
});

test('fills the space without changing proportions', () => {
  expect(pixelsFor({ width: 64, height: 64 }, 40, 10)).toEqual({ width: 20, height: 20 });
  expect(pixelsFor({ width: 200, height: 50 }, 40, 10)).toEqual({ width: 40, height: 10 });
  expect(pixelsFor({ width: 1, height: 5000 }, 40, 10)).toEqual({ width: 1, height: 20 });
  expect(pixelsFor({ width: 1, height: 1 }, 400, 400)).toEqual({ width: 16, height: 16 });
});
