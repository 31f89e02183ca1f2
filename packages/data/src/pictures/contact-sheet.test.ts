import { describe, expect, it } from 'vitest';
import { drawText, wrapText } from './bitmap-font.ts';
import { contactSheet, enlargePicture } from './contact-sheet.ts';
import { blankPicture, type Picture } from './picture.ts';

const levels = ({ width, height, data }: Picture) =>
  Array.from({ length: height }, (_, y) =>
    Array.from({ length: width }, (_, x) => (data[(y * width + x) * 3] > 0 ? '#' : '.')).join(''),
  );

describe('drawText', () => {
  it('draws glyphs, and a box for missing ones', () => {
    const picture = blankPicture(17, 7);
    drawText(picture, 'Hi§', 0, 0, 1, 255);
    expect(levels(picture)).toEqual([
      '#...#...#...#####',
      '#...#.......#...#',
      '#...#..##...#...#',
      '#####...#...#...#',
      '#...#...#...#...#',
      '#...#...#...#...#',
      '#...#..###..#####',
    ]);
  });

  it('has a distinct glyph for every printable ASCII character', () => {
    const drawn = (character: string) => {
      const picture = blankPicture(5, 7);
      drawText(picture, character, 0, 0, 1, 255);
      return levels(picture).join();
    };
    const printable = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));
    expect(printable.filter((character) => drawn(character) === drawn('§'))).toEqual([]);
    expect(new Set(printable.map(drawn)).size).toBe(95);
  });

  it('cuts off text outside the picture', () => {
    const picture = blankPicture(3, 3);
    drawText(picture, 'MMM', -4, -2, 2, 255);
    expect(picture.data.length).toBe(27);
  });
});

describe('wrapText', () => {
  it('breaks between words, and inside long words if necessary', () => {
    expect(wrapText('make the red circle blue', 10)).toEqual(['make the', 'red circle', 'blue']);
    expect(wrapText('a supercalifragilistic word', 8)).toEqual(['a', 'supercal', 'ifragili', 'stic', 'word']);
    expect(wrapText('', 8)).toEqual([]);
  });
});

describe('contactSheet', () => {
  it('shows every pixel of every picture, enlarged, in its cell', () => {
    const red = blankPicture(2, 2, [200, 0, 0]);
    const green = { width: 2, height: 2, data: Uint8Array.of(0, 1, 0, 0, 2, 0, 0, 3, 0, 0, 4, 0) };
    const sheet = contactSheet(
      [{ cells: [{ picture: red }, { picture: green }] }, { cells: [{ picture: green }] }],
      {
        enlarge: 3,
      },
    );
    const at = (x: number, y: number) => [
      ...sheet.data.subarray((y * sheet.width + x) * 3, (y * sheet.width + x) * 3 + 3),
    ];
    expect([sheet.width, sheet.height]).toEqual([8 + 2 * (6 + 8), 8 + 2 * (6 + 8)]);
    expect(at(8, 8)).toEqual([200, 0, 0]);
    expect(at(7, 7)).toEqual([255, 255, 255]);
    expect(at(22, 8)).toEqual([0, 1, 0]);
    expect(at(27, 13)).toEqual([0, 4, 0]);
    expect(at(8 + 3, 22)).toEqual([0, 2, 0]);
  });

  it('makes room for titles and captions', () => {
    const picture = blankPicture(40, 10);
    const bare = contactSheet([{ cells: [{ picture }] }]);
    const labelled = contactSheet([{ title: 'abc', cells: [{ picture, caption: 'one two' }] }]);
    expect(labelled.height).toBe(bare.height + 18 + 2 * 18 + 4);
    expect(labelled.data.filter((value) => value === 0).length).toBeGreaterThan(
      bare.data.filter((value) => value === 0).length,
    );
  });

  it('enlarges by repeating pixels', () => {
    const enlarged = enlargePicture({ width: 2, height: 1, data: Uint8Array.of(1, 2, 3, 4, 5, 6) }, 2);
    expect([...enlarged.data.subarray(12)]).toEqual([1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6]);
  });
});
