import { EDIT_KINDS, createRandom } from '@rewardedit/core';
import { describe, expect, it } from 'vitest';
import type { MadeTriplet } from '../dataset/made-triplet.ts';
import type { Picture } from '../pictures/picture.ts';
import { meanDifference, toPicture, toPixels } from '../pictures/pixels.ts';
import { allEdits, applyChosenEdit, mistakesFor, photoWordings, withRandomValues } from './chosen-edit.ts';
import { PHOTO_EDITS, PHOTO_EDIT_NAMES } from './photo-edits.ts';
import { photoTriplet } from './photo-triplet.ts';

/** Something like a photo: smooth colours, edges, fine detail, nothing symmetric. */
function photo(width: number, height: number): Picture {
  const data = new Uint8Array(width * height * 3);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 3) {
      const hill = y / height > 0.6 + 0.2 * Math.sin(x / 23) ? 0.45 : 1;
      const grain = 3 * (((x * 7 + y * 13) % 17) - 8);
      data[at] = Math.max(0, 90 + 120 * (x / width) * hill + grain);
      data[at + 1] = Math.max(0, 150 * (1 - y / height) * hill + 40 + grain);
      data[at + 2] = Math.max(0, 200 * hill * (1 - x / width) + grain);
    }
  }
  return { width, height, data };
}

const source = photo(300, 200);
const pixels = toPixels(photo(64, 64));
const difference = (a: Picture, b: Picture) => meanDifference(toPixels(a), toPixels(b));

describe('photo edits', () => {
  it.each(PHOTO_EDIT_NAMES)('%s changes the photo, keeps its size, and has several wordings', (name) => {
    const edit = withRandomValues(name, createRandom(1, name));
    const edited = applyChosenEdit(pixels, edit);
    expect([edited.width, edited.height]).toEqual([64, 64]);
    expect(meanDifference(pixels, edited)).toBeGreaterThan(0.015);
    expect(Math.min(...edited.data)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...edited.data)).toBeLessThanOrEqual(1);

    const { wordings, parameters = {} } = PHOTO_EDITS[name];
    expect(wordings.length).toBeGreaterThanOrEqual(3);
    for (const wording of wordings) {
      const placeholders = [...wording.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter);
      expect(placeholders.sort()).toEqual(Object.keys(parameters).sort());
    }
    for (const wording of photoWordings(edit)) expect(wording).not.toMatch(/[{}]|undefined/);
  });

  it('have mutual opposites', () => {
    const pairs = Object.entries(PHOTO_EDITS).flatMap(([name, { opposite }]) =>
      opposite ? [[name, opposite]] : [],
    );
    expect(pairs.length).toBeGreaterThan(8);
    for (const [name, opposite] of pairs) expect(PHOTO_EDITS[opposite].opposite).toBe(name);
  });

  it.each(PHOTO_EDIT_NAMES)('%s gives a different picture for each value of its parameters', (name) => {
    const parameters = Object.entries(PHOTO_EDITS[name].parameters ?? {});
    const combinations = parameters.reduce<Record<string, string>[]>(
      (all, [parameter, values]) =>
        all.flatMap((one) => values.map((value) => ({ ...one, [parameter]: value }))),
      [{}],
    );
    const results = combinations.map((values) =>
      toPicture(applyChosenEdit(pixels, { name, values })).data.join(),
    );
    expect(new Set(results).size).toBe(combinations.length);
  });

  it('change the picture in the direction that they name', () => {
    const mean = (name: string, channels = [0, 1, 2]) => {
      const { data } = applyChosenEdit(pixels, withRandomValues(name, createRandom(1, name)));
      return data.reduce((sum, value, i) => sum + (channels.includes(i % 3) ? value : 0), 0);
    };
    const before = pixels.data.reduce((sum, value) => sum + value, 0);
    expect(mean('brighter')).toBeGreaterThan(before);
    expect(mean('darker')).toBeLessThan(before);
    expect(mean('warmer', [0]) / mean('warmer', [2])).toBeGreaterThan(
      mean('colder', [0]) / mean('colder', [2]),
    );
    const { data } = applyChosenEdit(pixels, { name: 'black and white', values: {} });
    for (let i = 0; i < data.length; i += 3) expect(Math.abs(data[i] - data[i + 2])).toBeLessThan(1e-6);
    const twice = applyChosenEdit(applyChosenEdit(pixels, { name: 'mirror', values: {} }), {
      name: 'mirror',
      values: {},
    });
    expect(twice).toEqual(pixels);
    const left = applyChosenEdit(pixels, { name: 'half', values: { side: 'left', treatment: 'darker' } });
    expect(left.data.slice(32 * 3, 64 * 3)).toEqual(pixels.data.slice(32 * 3, 64 * 3));
    expect(left.data[0]).toBeCloseTo(pixels.data[0] / 2);
  });

  it('have mistakes that are other edits', () => {
    for (const edit of allEdits(createRandom(1, 'all'))) {
      const mistakes = mistakesFor(edit, createRandom(1, edit.name));
      expect(mistakes.length).toBeGreaterThanOrEqual(PHOTO_EDIT_NAMES.length - 1);
      for (const mistake of mistakes) expect(photoWordings(mistake)[0]).not.toBe(photoWordings(edit)[0]);
    }
  });
});

describe('photoTriplet', async () => {
  const triplets = await Promise.all(
    Array.from({ length: 400 }, (_, i) => photoTriplet(source, 'one.png', 5, i)),
  );
  const faultsOf = ({ triplet }: MadeTriplet) => triplet.faults ?? [];
  /** The ids of those that fail a test. */
  const failing = (made: readonly MadeTriplet[], passes: (made: MadeTriplet) => boolean) =>
    made.filter((one) => !passes(one)).map(({ triplet }) => triplet.id);
  const only = (perspective: string, fault?: string) =>
    triplets.filter((made) => {
      const [first, ...others] = faultsOf(made);
      return (
        others.length === 0 && first?.perspective === perspective && (fault ?? first.fault) === first.fault
      );
    });

  it('depends only on photo, seed and index', async () => {
    expect(await photoTriplet(source, 'one.png', 5, 17)).toEqual(triplets[17]);
    expect((await photoTriplet(source, 'one.png', 6, 17)).pictures).not.toEqual(triplets[17].pictures);
  });

  it('crops differently each time, at the requested size', async () => {
    expect(new Set(triplets.map(({ pictures }) => pictures.original.data.join())).size).toBe(triplets.length);
    expect(triplets[0].pictures.original.width).toBe(64);
    expect((await photoTriplet(source, 'one.png', 5, 1, { size: 48 })).pictures.edited.height).toBe(48);
  });

  it('makes edits of every kind', () => {
    const kinds = new Set(triplets.map(({ triplet }) => triplet.kind));
    expect(kinds).toEqual(new Set(Object.values(PHOTO_EDITS).map(({ kind }) => kind)));
  });

  it('has a visible edit in every triplet, and no invisible fault', () => {
    const agrees = (made: MadeTriplet) =>
      difference(made.pictures.original, made.pictures.truth) > 0.014 &&
      difference(made.pictures.edited, made.pictures.truth) > 0 === faultsOf(made).length > 0;
    expect(failing(triplets, agrees)).toEqual([]);
  });

  it('does not flip pairs whose instruction names left or right', () => {
    const agrees = ({ triplet }: MadeTriplet) =>
      triplet.flippable === !/ (left|right)\b/.test(triplet.instruction);
    expect(failing(triplets, agrees)).toEqual([]);
    expect(triplets.filter(({ triplet }) => triplet.flippable === false).length).toBeGreaterThan(10);
  });

  it('has the same crops, edits and instructions without faults', async () => {
    const clean = await photoTriplet(source, 'one.png', 5, 3, { faultRate: 0 });
    expect(clean.pictures).toEqual({ ...triplets[3].pictures, edited: triplets[3].pictures.truth });
    expect(clean.triplet).toEqual({ ...triplets[3].triplet, faults: [] });
  });

  it('makes ignored, wrong and half faults', () => {
    const ignored = only('following', 'ignored');
    const wrong = only('following', 'wrong');
    const half = only('following', 'half');
    expect(Math.min(ignored.length, wrong.length, half.length)).toBeGreaterThan(2);
    for (const { pictures } of ignored) expect(pictures.edited).toEqual(pictures.original);
    const isWrong = ({ pictures: { original, edited, truth } }: MadeTriplet) =>
      difference(edited, truth) > 0.014 && difference(edited, original) > 0.014;
    expect(failing(wrong, isWrong)).toEqual([]);
    for (const { pictures } of half) {
      const apart = difference(pictures.original, pictures.truth);
      expect(difference(pictures.edited, pictures.truth)).toBeCloseTo(apart / 2, 2);
      expect(difference(pictures.edited, pictures.original)).toBeCloseTo(apart / 2, 2);
    }
  });

  it('makes visible unrelated edits; those of a part leave the rest unchanged and cost less', () => {
    const unrelated = only('preserving');
    expect(unrelated.length).toBeGreaterThan(20);
    const inPart = unrelated.filter((made) => faultsOf(made)[0].note.includes('in one part'));
    expect(inPart.length).toBeGreaterThan(5);
    for (const made of unrelated)
      expect(difference(made.pictures.edited, made.pictures.truth)).toBeGreaterThan(0.013);
    for (const made of inPart) {
      const { edited, truth } = made.pictures;
      const untouched = edited.data.filter((value, i) => value === truth.data[i]).length;
      expect(untouched / edited.data.length).toBeGreaterThan(0.3);
      expect([1, 2, 4]).toContain(faultsOf(made)[0].degree);
    }
  });

  it('fills all seven kinds equally with objects and masks, each visible', async () => {
    const data = new Float32Array(16 * 16 * 4).fill(1);
    for (let i = 0; i < 256; i++) data.set([0.9, i % 16 > 8 ? 0.1 : 0.4, 0.1], i * 4);
    const square = { width: 16, height: 16, data };
    const cutouts = ['tomato', 'box', 'brick'].map((name) => ({ name, ...square }));
    const mask: Picture = {
      width: 30,
      height: 20,
      data: new Uint8Array(1800).map((_, i) => (i < 900 ? 255 : 0)),
    };
    const made = await Promise.all(
      Array.from({ length: 70 }, (_, i) =>
        photoTriplet(source, 'one.png', 5, i, { size: 48, cutouts, masks: { sky: mask, subject: mask } }),
      ),
    );
    for (const kind of EDIT_KINDS)
      expect(made.filter(({ triplet }) => triplet.kind === kind).length).toBe(10);
    expect(failing(made, ({ pictures }) => difference(pictures.original, pictures.truth) > 0)).toEqual([]);
    expect(
      failing(
        made,
        (one) => difference(one.pictures.edited, one.pictures.truth) > 0 === faultsOf(one).length > 0,
      ),
    ).toEqual([]);
    const instructions = made.map(({ triplet }) => triplet.instruction).join('\n');
    expect(instructions).toMatch(/ sky\b/);
    expect(instructions).toMatch(/\b(?:tomato|box|brick)\b/);
  });
});
