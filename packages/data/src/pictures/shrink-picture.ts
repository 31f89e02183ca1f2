import { blankPicture, type Picture } from './picture.ts';

/** Shrinks the picture by a whole `factor`: each pixel is the mean of a square. Incomplete squares at the edges are cut off. */
export function shrinkPicture(picture: Picture, factor: number): Picture {
  const { width, height, data } = picture;
  const small = blankPicture(Math.floor(width / factor), Math.floor(height / factor));
  for (let y = 0; y < small.height; y++)
    for (let x = 0; x < small.width; x++)
      for (let channel = 0; channel < 3; channel++) {
        let sum = 0;
        for (let row = y * factor; row < (y + 1) * factor; row++)
          for (let column = x * factor; column < (x + 1) * factor; column++)
            sum += data[(row * width + column) * 3 + channel];
        small.data[(y * small.width + x) * 3 + channel] = Math.round(sum / factor ** 2);
      }
  return small;
}

/** Puts pictures of the same height side by side. */
export function pictureRow(pictures: readonly Picture[]): Picture {
  const height = Math.max(0, ...pictures.map((picture) => picture.height));
  const row = blankPicture(
    pictures.reduce((width, picture) => width + picture.width, 0),
    height,
  );
  let left = 0;
  for (const { width, data } of pictures) {
    for (let y = 0; y < height; y++)
      row.data.set(data.subarray(y * width * 3, (y + 1) * width * 3), (y * row.width + left) * 3);
    left += width;
  }
  return row;
}
