import { expect, test } from 'vitest';
import { blankPicture } from './picture.ts';
import { pictureRow, shrinkPicture } from './shrink-picture.ts';

test('shrinking averages squares and cuts off incomplete ones', () => {
  const picture = { width: 5, height: 2, data: Uint8Array.from({ length: 30 }, (_, i) => i) };
  expect(shrinkPicture(picture, 2)).toEqual({
    width: 2,
    height: 1,
    data: Uint8Array.of(9, 10, 11, 15, 16, 17),
  });
  expect(shrinkPicture(picture, 1)).toEqual(picture);
});

test('pictures are put side by side', () => {
  const row = pictureRow([blankPicture(1, 2, [1, 2, 3]), blankPicture(2, 2, [7, 8, 9])]);
  expect(row).toMatchObject({ width: 3, height: 2 });
  expect([...row.data.subarray(0, 9)]).toEqual([1, 2, 3, 7, 8, 9, 7, 8, 9]);
  expect([...row.data.subarray(9)]).toEqual([...row.data.subarray(0, 9)]);
});
