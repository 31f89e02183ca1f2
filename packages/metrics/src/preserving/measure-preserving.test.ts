import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createRandom } from '@rewardedit/core';
import {
  blankPicture,
  knownReward,
  openPhotoSource,
  photoTriplet,
  sceneTriplet,
  type MadeTriplet,
  type Picture,
} from '@rewardedit/data';
import { beforeAll, describe, expect, it } from 'vitest';
import { madePhoto } from '../made-photo.test.helper.ts';
import { rankCorrelation } from '../rank-correlation.test.helper.ts';
import { measurePreserving } from './measure-preserving.ts';
import { peakSignalToNoise } from '../pixels/differences.ts';

// What the measure is worth, measured on other photos (those with an odd number), scenes and seeds than it was set on:
//
// - Local edits that are otherwise perfect, then spoilt all over in four degrees (rank correlation of the degree with
//   psnr / ssim, without those that have no measure):
//     photos of 256 x 256:  drift -0.86 / -0.52, JPEG -0.83 / -0.89, shift -0.88 / -0.91, noise -0.97 / -0.94
//     photos of 64 x 64:    drift -0.88 / -0.58, JPEG -0.81 / -0.90, shift -0.85 / -0.84, noise -0.96 / -0.91
//     scenes of 128 x 128:  drift -0.86 / -0.90, JPEG -0.70 / -0.70, shift -0.44 / -0.45, noise -0.98 / -0.98
//   psnr against psnr over the pixels that are known to be unedited: 0.93 / 0.90 / 0.72. A shift of a drawn scene shows at
//   the outlines of its shapes only, which it takes for edits.
// - Unrelated edits that the dataset maker put in besides, which are strong and mostly local, show in how much of the picture
//   is left alone: rank correlation of `share` with the known score, no other fault, by kind of the edit that was asked for:
//     scenes of 32 x 32:    local 0.63, remove 0.72, add 0.66, texture 0.72, background 0.26, global and style none
//     photos of 64 x 64:    local 0.74, add 0.77, background 0.70, the other kinds, which change all of the photo, none
//   That of psnr is 0.25 to 0.60 where it differs among them at all: what was added besides it takes for a part of the edit.
// - The true global, style and remove edits of photos of 256 x 256 (which change every pixel) have no psnr in 77 of 100; what is
//   left are edits that leave much as it was, such as a vignette.

type Spoil = (picture: Picture, degree: number) => Picture;

const mapPicture = (picture: Picture, change: (value: number, i: number) => number): Picture => ({
  ...picture,
  data: new Uint8Array(Uint8ClampedArray.from(picture.data, change)),
});
const drift: Spoil = (picture, degree) =>
  mapPicture(picture, (value, i) => value * (1 + degree * [0.02, -0.005, -0.03][i % 3]));
const noise: Spoil = (picture, degree) => {
  const random = createRandom(1, 'noise', degree);
  return mapPicture(picture, (value) => value + 3 * degree * random.normal());
};
/** Shifted to the right by half a pixel for each degree. */
const shift: Spoil = (picture, degree) => {
  const { width, data } = picture;
  const whole = Math.floor(degree / 2);
  const part = degree / 2 - whole;
  return mapPicture(picture, (_, i) => {
    const x = Math.floor(i / 3) % width;
    const from = (back: number) => data[i - 3 * Math.min(x, back)];
    return from(whole) * (1 - part) + from(whole + 1) * part;
  });
};
const SPOILS = { drift, noise, shift };
const DEGREES = [1, 2, 3, 4];

const local = async () => (await photoEdits('add', 1))[0].pictures;
const sepia = (picture: Picture): Picture =>
  mapPicture(picture, (_, i) => {
    const [red, green, blue] = picture.data.subarray(i - (i % 3), i - (i % 3) + 3);
    return (0.3 * red + 0.59 * green + 0.11 * blue) * [0.94, 0.83, 0.62][i % 3] + [25, 13, 0][i % 3];
  });

const photos = Array.from({ length: 6 }, (_, i) => madePhoto(i, 128));

/** Faultless edits of made-up photos of one kind. */
async function photoEdits(kind: string, count: number): Promise<MadeTriplet[]> {
  const found: MadeTriplet[] = [];
  for (let i = 0; found.length < count; i++) {
    const made = await photoTriplet(photos[i % photos.length], `${i}`, 31, i, { size: 128, faultRate: 0 });
    if (made.triplet.kind === kind) found.push(made);
  }
  return found;
}

describe('measurePreserving', () => {
  it('is perfect for equal pictures', () => {
    const picture = madePhoto(1);
    const { share, psnr, ssim, missing } = measurePreserving(picture, picture);
    expect({ share, psnr, missing }).toEqual({ share: 1, psnr: 100, missing: undefined });
    expect(ssim).toBeCloseTo(1, 12);
  });

  it('is perfect beside a local edit', async () => {
    const { original, edited } = await local();
    const { share, psnr, ssim } = measurePreserving(original, edited);
    expect(share).toBeGreaterThan(0.4);
    expect(share).toBeLessThan(0.95);
    expect(psnr).toBe(100);
    expect(ssim).toBeCloseTo(1, 12);
  });

  it.each(Object.entries(SPOILS))('falls with every degree of %s beside a local edit', async (_, spoil) => {
    const { original, edited } = await local();
    const measures = [0, 1, 2, 3].map((degree) =>
      measurePreserving(original, degree === 0 ? edited : spoil(edited, degree)),
    );
    const psnr = measures.map((measure) => measure.psnr ?? Number.NaN);
    expect(psnr[0]).toBe(100);
    expect(psnr[1]).toBeLessThan(50);
    expect(psnr[2]).toBeLessThan(psnr[1]);
    expect(psnr[3]).toBeLessThan(psnr[2]);
    expect(measures[3].ssim).toBeLessThan(0.9999);
  });

  it('reports that an edit of the whole picture leaves nothing to measure', () => {
    const picture = madePhoto(2);
    const measure = measurePreserving(picture, sepia(picture));
    expect(measure.share).toBeLessThan(0.2);
    expect(measure).toMatchObject({ missing: 'less than 20 % of the picture is nearly unchanged' });
    expect(measure).not.toHaveProperty('psnr');
    expect(measure).not.toHaveProperty('ssim');
  });

  it('reports what it cannot measure', () => {
    const picture = madePhoto(3);
    expect(measurePreserving(picture, madePhoto(3, 95))).toEqual({ missing: 'the pictures differ in size' });
    expect(measurePreserving(blankPicture(10, 40), blankPicture(10, 40))).toEqual({
      missing: 'the pictures have fewer than 11 pixels a side',
    });
    const framed = blankPicture(20, 20, [40, 40, 40]);
    for (let y = 5; y < 15; y++) framed.data.fill(250, (y * 20 + 5) * 3, (y * 20 + 15) * 3);
    const measure = measurePreserving(blankPicture(20, 20, [40, 40, 40]), framed);
    expect(measure).toMatchObject({
      psnr: 100,
      missing: 'all that is nearly unchanged lies at the edge of the picture',
    });
    expect(measure).not.toHaveProperty('ssim');
  });
});

const PHOTOS = fileURLToPath(new URL('../../../../../shared/real-edit/images', import.meta.url));

describe.each([
  {
    name: 'edits of made-up photos',
    make: async () =>
      (await Promise.all(['local', 'add', 'background'].map((kind) => photoEdits(kind, 8)))).flat(),
    least: 0.85,
    skip: undefined,
  },
  {
    name: 'edits of real photos',
    make: realPhotoEdits,
    least: 0.75,
    skip: existsSync(PHOTOS) ? undefined : `skipped: there are no photos in ${PHOTOS}`,
  },
])('$name, spoilt all over', ({ make, least, skip }) => {
  it('ranks like PSNR over the pixels known to be unedited', async ({ skip: skipTest }) => {
    if (skip !== undefined) skipTest(skip);
    const found: number[] = [];
    const known: number[] = [];
    for (const { pictures } of await make()) {
      const unedited = equalPixels(pictures.original, pictures.truth);
      for (const spoil of Object.values(SPOILS)) {
        for (const degree of DEGREES) {
          const spoilt = spoil(pictures.truth, degree);
          const { psnr } = measurePreserving(pictures.original, spoilt);
          if (psnr === undefined) continue;
          found.push(psnr);
          known.push(peakSignalToNoise(pictures.original, spoilt, unedited));
        }
      }
    }
    expect(found.length).toBeGreaterThan(150);
    expect(rankCorrelation(found, known)).toBeGreaterThan(least);
  });
});

async function realPhotoEdits(): Promise<MadeTriplet[]> {
  const source = await openPhotoSource(PHOTOS, 128, (name) => Number.parseInt(name, 10) % 2 === 1);
  const found: MadeTriplet[] = [];
  for (let i = 0; i < 120; i++) {
    const { picture, name } = await source.photoFor(31, i);
    const made = await photoTriplet(picture, name, 31, i, { size: 128, faultRate: 0 });
    if (['local', 'add', 'background'].includes(made.triplet.kind ?? '')) found.push(made);
  }
  return found;
}

function equalPixels(a: Picture, b: Picture): Uint8Array {
  return Uint8Array.from({ length: a.width * a.height }, (_, pixel) => {
    const at = pixel * 3;
    return [0, 1, 2].every((channel) => Math.abs(a.data[at + channel] - b.data[at + channel]) <= 1) ? 1 : 0;
  });
}

describe('additional unrelated edits in drawn scenes', () => {
  type Measured = { readonly kind: string | undefined; readonly known: number; readonly share: number };
  let measured: readonly Measured[];
  beforeAll(() => {
    measured = Array.from({ length: 1400 }, (_, i) => sceneTriplet(41, i)).flatMap(
      ({ triplet, pictures }) => {
        const { scores } = knownReward(triplet.faults ?? []);
        if (scores.following !== 5 || scores.quality !== 5) return [];
        const { share = Number.NaN } = measurePreserving(pictures.original, pictures.edited);
        return [{ kind: triplet.kind, known: scores.preserving ?? Number.NaN, share }];
      },
    );
  });

  it.each(['local', 'remove', 'add', 'texture'])('leave less unchanged than a %s edit', (kind) => {
    const chosen = measured.filter((each) => each.kind === kind);
    expect(chosen.length).toBeGreaterThan(60);
    const correlation = rankCorrelation(
      chosen.map(({ share }) => share),
      chosen.map(({ known }) => known),
    );
    expect(correlation).toBeGreaterThan(0.5);
  });
});
