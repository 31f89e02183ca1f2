import { NOTHING_FAILED, createRandom, type Reward } from '@rewardedit/core';
import type { Picture } from '@rewardedit/data';
import { describe, expect, it } from 'vitest';
import { createOracle } from './oracle.ts';

// Pictures drawn here, with other faults than the dataset maker's.

const SIDE = 48;
type Colour = readonly [number, number, number];
type Paint = (x: number, y: number) => Colour;

const paint = (at: Paint, side = SIDE): Picture => {
  const data = new Uint8Array(side * side * 3);
  for (let y = 0, i = 0; y < side; y++) for (let x = 0; x < side; x++, i += 3) data.set(at(x, y), i);
  return { width: side, height: side, data };
};
const within = (x: number, y: number, left: number, top: number, size: number) =>
  x >= left && x < left + size && y >= top && y < top + size;

const RED: Colour = [200, 40, 40];
const GREEN: Colour = [50, 180, 60];
const BLUE: Colour = [40, 60, 210];

/** A square on the left, another at the lower right, on a wavy background. */
const scene =
  (left: Colour, right: Colour, light = 1): Paint =>
  (x, y) => {
    const wave = 150 + 30 * Math.sin(x / 3) + 20 * Math.cos(y / 4);
    const colour: Colour = within(x, y, 6, 8, 14)
      ? left
      : within(x, y, 28, 26, 14)
        ? right
        : [wave, wave, wave - 20];
    return [colour[0] * light, colour[1] * light, colour[2] * light];
  };

const original = paint(scene(RED, BLUE));
const truth = paint(scene(GREEN, BLUE));
const grey = (picture: Picture): Picture =>
  mapPicture(picture, (rgb) => {
    const luma = 0.3 * rgb[0] + 0.59 * rgb[1] + 0.11 * rgb[2];
    return [luma, luma, luma];
  });

function mapPicture(picture: Picture, change: (rgb: Colour, pixel: number) => Colour): Picture {
  const data = new Uint8ClampedArray(picture.data.length);
  for (let i = 0; i < data.length; i += 3) {
    data.set(change([picture.data[i], picture.data[i + 1], picture.data[i + 2]], i / 3), i);
  }
  return { ...picture, data: Uint8Array.from(data) };
}

const half = (a: Picture, b: Picture): Picture =>
  mapPicture(a, (rgb, pixel) => [
    (rgb[0] + b.data[pixel * 3]) / 2,
    (rgb[1] + b.data[pixel * 3 + 1]) / 2,
    (rgb[2] + b.data[pixel * 3 + 2]) / 2,
  ]);

const noisy = (picture: Picture, deviation: number): Picture => {
  const random = createRandom(1, 'noise', Math.round(deviation));
  const add = (value: number) => value + deviation * random.normal();
  return mapPicture(picture, (rgb) => [add(rgb[0]), add(rgb[1]), add(rgb[2])]);
};

/** Blurred with the binomial kernel 1 2 1, so many times; the dataset maker blurs with a box. */
const blurred = (picture: Picture, times: number): Picture => {
  const { width, height, data } = picture;
  const at = (x: number, y: number, channel: number) =>
    data[(Math.min(height - 1, Math.max(0, y)) * width + Math.min(width - 1, Math.max(0, x))) * 3 + channel];
  const once = mapPicture(picture, (_, pixel) => {
    const x = pixel % width;
    const y = Math.floor(pixel / width);
    const mean = (channel: number) => {
      let sum = 0;
      for (const [dx, wx] of [
        [-1, 1],
        [0, 2],
        [1, 1],
      ]) {
        for (const [dy, wy] of [
          [-1, 1],
          [0, 2],
          [1, 1],
        ])
          sum += wx * wy * at(x + dx, y + dy, channel);
      }
      return sum / 16;
    };
    return [mean(0), mean(1), mean(2)];
  });
  return times === 1 ? once : blurred(once, times - 1);
};

const oracle = createOracle();
const judge = (edited: Picture, edit = { original, truth }) =>
  oracle.judge(
    {
      triplet: { id: 'a', instruction: 'make the left square green', original: '', edited: '' },
      path: () => '',
      readFile: () => Promise.reject(new Error('not needed')),
      original: () => Promise.resolve(edit.original),
      edited: () => Promise.resolve(edited),
      truth: () => Promise.resolve(edit.truth),
    },
    { signal: new AbortController().signal, cancel: new AbortController().signal },
  );
const rewardOf = async (edited: Picture, edit = { original, truth }): Promise<Reward> => {
  const judgement = await judge(edited, edit);
  if (judgement.reward === undefined) throw new Error(judgement.missing);
  return judgement.reward;
};
const scoresOf = async (edited: Picture, edit = { original, truth }) => {
  const {
    following = Number.NaN,
    preserving = Number.NaN,
    quality = Number.NaN,
  } = (await rewardOf(edited, edit)).scores;
  return { following, preserving, quality };
};

describe('the oracle on a local edit', () => {
  it('finds nothing wrong with the true edit', async () => {
    expect(await rewardOf(truth)).toEqual({
      scores: { following: 5, preserving: 5, quality: 5 },
      feedback: { following: NOTHING_FAILED, preserving: NOTHING_FAILED, quality: NOTHING_FAILED },
    });
  });

  it('recognizes an edit that is missing, half made, or made in another color', async () => {
    const ignored = await rewardOf(original);
    expect(ignored.scores).toEqual({ following: 0, preserving: 5, quality: 5 });
    expect(ignored.feedback.following).toBe('The instruction was not carried out.');

    const halfMade = await rewardOf(half(original, truth));
    expect(halfMade.scores.following).toBeCloseTo(3, 1);
    expect(halfMade.scores).toMatchObject({ preserving: 5, quality: 5 });
    expect(halfMade.feedback.following).toBe('The edit was only half made.');

    const blue = await rewardOf(paint(scene([240, 220, 40], BLUE)));
    expect(blue.scores.following).toBeCloseTo(1, 0);
    expect(blue.scores).toMatchObject({ preserving: 5, quality: 5 });
    expect(blue.feedback.following).toBe('Something else was done than the instruction asks for.');
  });

  it('recognizes an edit of another object', async () => {
    const misplaced = await rewardOf(paint(scene(RED, GREEN)));
    expect(misplaced.scores.following).toBe(1);
    expect(misplaced.feedback.following).toBe('The edit was made in the wrong place.');
  });

  it('charges a change of the surroundings to preserving, by its strength', async () => {
    const scores: number[] = [];
    for (const light of [0.85, 0.7, 0.4]) {
      const reward = await rewardOf(paint(scene(GREEN, BLUE, light)));
      expect(reward.scores.following).toBeGreaterThan(4.5);
      expect(reward.scores.quality).toBe(5);
      expect(reward.feedback.preserving).toBe('The whole picture became darker, which was not asked for.');
      scores.push(reward.scores.preserving ?? Number.NaN);
    }
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    expect(scores[0]).toBeLessThan(4.5);
    expect(scores[2]).toBeLessThan(2);
  });

  it('charges the change of another object to preserving', async () => {
    const scores = await scoresOf(paint(scene(GREEN, RED)));
    expect(scores).toMatchObject({ following: 5, quality: 5 });
    expect(scores.preserving).toBeLessThan(2);
  });
});

describe('the oracle on an edit of the whole picture', () => {
  const edit = { original, truth: grey(original) };

  it('finds nothing wrong with the true edit, and recognizes a missing one', async () => {
    expect(await scoresOf(edit.truth, edit)).toEqual({ following: 5, preserving: 5, quality: 5 });
    expect(await scoresOf(original, edit)).toEqual({ following: 0, preserving: 5, quality: 5 });
  });

  it('recognizes the opposite', async () => {
    const paler = half(original, edit.truth);
    const { scores, feedback } = await rewardOf(original, { original: paler, truth: edit.truth });
    expect(scores.following).toBeLessThanOrEqual(1);
    expect(feedback.following).toBe('The opposite of the instruction was done.');
  });

  it('charges something unrelated in one part to preserving', async () => {
    const spoilt = mapPicture(edit.truth, (rgb, pixel) =>
      within(pixel % SIDE, Math.floor(pixel / SIDE), 24, 4, 14) ? [240, 200, 30] : rgb,
    );
    const scores = await scoresOf(spoilt, edit);
    expect(scores).toMatchObject({ following: 5, quality: 5 });
    expect(scores.preserving).toBeLessThan(2.5);
  });
});

describe('the oracle on quality', () => {
  it.each([
    ['noise', [6, 13, 26, 51], noisy, 'noisy'],
    ['blur', [1, 2, 4, 8], blurred, 'blurred'],
  ] as const)('more %s is worse, and lowers no other score', async (_, degrees, spoil, word) => {
    const scores: number[] = [];
    for (const degree of degrees) {
      const reward = await rewardOf(spoil(truth, degree));
      expect(reward.scores.following).toBeGreaterThan(4.7);
      expect(reward.scores.preserving).toBeGreaterThan(4.5);
      expect(reward.feedback.quality).toMatch(
        new RegExp(`^The picture is (slightly|clearly|heavily) ${word}\\.$`),
      );
      scores.push(reward.scores.quality ?? Number.NaN);
    }
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
    expect(scores.at(-1)).toBeLessThan(scores[0] - 1);
  });

  it('measures noise in steps of a twentieth of full brightness', async () => {
    const { quality } = await scoresOf(noisy(truth, 2 * 0.05 * 255));
    expect(quality).toBeCloseTo(3, 0);
  });
});

describe('the oracle gives no answer', () => {
  const missing = async (edited: Picture, edit: { original: Picture; truth: Picture }) => {
    const judgement = await judge(edited, edit);
    return judgement.reward ?? judgement.missing;
  };

  it('if the true edit is unknown', async () => {
    const triplet = {
      triplet: { id: 'a', instruction: '', original: '', edited: '' },
      path: () => '',
      readFile: () => Promise.reject(new Error('not needed')),
      original: () => Promise.reject(new Error('must not be read')),
      edited: () => Promise.reject(new Error('must not be read')),
      truth: () => Promise.resolve(undefined),
    };
    const context = { signal: new AbortController().signal, cancel: new AbortController().signal };
    expect(await oracle.judge(triplet, context)).toEqual({ missing: 'the true edit is not known' });
  });

  it('if the pictures differ in size, are tiny, or the true edit changes nothing', async () => {
    const larger = paint(scene(RED, BLUE), SIDE + 1);
    const tiny = paint(scene(RED, BLUE), 15);
    expect(await missing(truth, { original, truth: larger })).toBe('the pictures differ in size');
    expect(await missing(tiny, { original: tiny, truth: tiny })).toBe(
      'the pictures have fewer than 16 pixels a side',
    );
    expect(await missing(truth, { original, truth: original })).toBe('the true edit changes nothing');
  });
});
