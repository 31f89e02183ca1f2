import { createRandom } from '@rewardedit/core';
import { describe, expect, it } from 'vitest';
import { blankPixels, changedShare, mapPixels, meanDifference, type Pixels } from '../../pictures/pixels.ts';
import { drawComposition, objectMask } from './composition.ts';
import type { Cutout } from './cutout.ts';
import { drawObjectEdit, objectEdits, objectWordings, randomComposition } from './object-edits.ts';

const photo: Pixels = mapPixels(blankPixels(64, 64), (rgb, x, y) =>
  rgb.set([0.3 + x / 200, 0.4 + y / 200, 0.5]),
);

/** A square of one colour, with a transparent corner. */
function cutout(name: string, colour: readonly number[]): Cutout {
  const data = new Float32Array(20 * 20 * 4);
  for (let i = 0; i < 400; i++) data.set([...colour, i < 100 && i % 20 < 10 ? 0 : 1], i * 4);
  return { name, width: 20, height: 20, data };
}
const cutouts = [
  cutout('tomato', [0.9, 0.1, 0.1]),
  cutout('lemon', [0.9, 0.9, 0.1]),
  cutout('egg', [0.9, 0.9, 0.9]),
];

const random = createRandom(1, 'objects');
const compositions = Array.from({ length: 30 }, () => randomComposition(photo, cutouts, random));

describe('object edits', () => {
  it('put objects with different names into different places', () => {
    for (const { objects } of compositions) {
      expect(new Set(objects.map(({ place }) => place)).size).toBe(objects.length);
      expect(new Set(objects.map(({ cutout: { name } }) => name)).size).toBe(objects.length);
    }
    expect(new Set(compositions.map(({ objects }) => objects.length))).toEqual(new Set([1, 2]));
  });

  it('each change the picture, have their own wordings, and are of the kind that their name says', () => {
    const seen = new Set<string>();
    const unseen: string[] = [];
    for (const composition of compositions) {
      const before = drawComposition(composition);
      for (const edit of objectEdits(composition, cutouts, random)) {
        seen.add(edit.name);
        const after = drawObjectEdit(composition, edit);
        expect(Math.min(...after.data)).toBeGreaterThanOrEqual(0);
        expect(Math.max(...after.data)).toBeLessThanOrEqual(1);
        // Brightening or blurring a picture that is smooth already is hardly seen; such an edit is not chosen.
        if (edit.name !== 'surroundings' && changedShare(before, after, 0.05) < 0.01) unseen.push(edit.name);
        for (const wording of objectWordings(composition, edit))
          expect(wording).not.toMatch(/undefined|a egg/);
      }
    }
    expect(unseen).toEqual([]);
    expect(seen).toEqual(new Set(['add', 'remove', 'move', 'replace', 'recolour', 'stripe', 'surroundings']));
  });

  it('restore the photo exactly by removing all objects', () => {
    const composition = compositions.find(({ objects }) => objects.length === 1)!;
    const { place } = composition.objects[0];
    expect(drawObjectEdit(composition, { name: 'remove', place })).toEqual(photo);
  });

  it('change only the object and its shadow', () => {
    const composition = compositions.find(({ objects }) => objects.length === 1)!;
    const [object] = composition.objects;
    const before = drawComposition(composition);
    const after = drawObjectEdit(composition, { name: 'recolour', place: object.place, colour: 'blue' });
    const mask = objectMask(photo, object);
    for (let i = 0; i < mask.length; i++) {
      if (mask[i] > 0) continue;
      for (let c = 0; c < 3; c++) expect(after.data[i * 3 + c]).toBe(before.data[i * 3 + c]);
    }
  });

  it('light objects like the photo', () => {
    const [composition] = compositions;
    const dark = mapPixels(photo, (rgb, x, y) => {
      for (let c = 0; c < 3; c++) rgb[c] = photo.data[(y * 64 + x) * 3 + c] * 0.3;
    });
    const mask = objectMask(photo, composition.objects[0]);
    const brightness = (pixels: Pixels) =>
      mask.reduce((sum, weight, i) => sum + weight * pixels.data[i * 3 + 1], 0);
    expect(brightness(drawComposition({ ...composition, photo: dark }))).toBeLessThan(
      0.9 * brightness(drawComposition(composition)),
    );
    expect(meanDifference(photo, drawComposition(composition))).toBeGreaterThan(0.005);
  });
});
