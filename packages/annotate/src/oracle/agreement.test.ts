import { PERSPECTIVES, createRandom, type Perspective } from '@rewardedit/core';
import { knownReward, photoTriplet, sceneTriplet, type MadeTriplet, type Picture } from '@rewardedit/data';
import { beforeAll, describe, expect, it } from 'vitest';
import { measureEdit } from './measure.ts';

// How well the oracle's scores agree with the faults that the dataset maker put in. The oracle is given the pictures
// only. Rank correlations of following / preserving / quality, measured on other seeds than it was tuned on:
//   2000 drawn scenes of 32 x 32:           0.96 / 0.89 / 0.99 among mixed faults, 0.98 / 0.99 / 1.00 for one fault alone
//   1000 edits of real photos at 64 x 64:   0.91 / 0.84 / 0.94 among mixed faults, 1.00 / 0.97 / 1.00 for one fault alone
// The thresholds below leave room for smaller samples.

type Judged = { readonly known: Record<Perspective, number>; readonly scores: Record<Perspective, number> };

const SCENES = 400;
const PHOTO_EDITS = 250;

function judged({ triplet, pictures }: MadeTriplet): Judged {
  const {
    following = Number.NaN,
    preserving = Number.NaN,
    quality = Number.NaN,
  } = knownReward(triplet.faults ?? []).scores;
  const measurement = measureEdit({ ...pictures, given: pictures.edited });
  if (measurement === undefined) throw new Error(`${triplet.id}: the true edit changes nothing`);
  return { known: { following, preserving, quality }, scores: measurement.scores };
}

/** Something like a photo: soft light, blurry things of many colours and sizes, and a grain of detail. */
function photo(index: number, side = 96): Picture {
  const random = createRandom(11, 'photo', index);
  const things = Array.from({ length: 40 }, () => ({
    x: random.uniform() * side,
    y: random.uniform() * side,
    radius: (0.04 + 0.25 * random.uniform() ** 2) * side,
    softness: 0.5 + 4 * random.uniform(),
    colour: [random.uniform(), random.uniform(), random.uniform()],
  }));
  const data = new Uint8Array(side * side * 3);
  for (let y = 0, i = 0; y < side; y++) {
    for (let x = 0; x < side; x++, i += 3) {
      const rgb = [0.3 + (0.4 * y) / side, 0.4, 0.6 - (0.3 * x) / side];
      for (const thing of things) {
        const distance = Math.hypot(x - thing.x, y - thing.y);
        const cover = Math.min(1, Math.max(0, (thing.radius - distance) / thing.softness));
        for (let c = 0; c < 3; c++) rgb[c] += 0.8 * cover * (thing.colour[c] - rgb[c]);
      }
      const detail = 0.06 * Math.sin(x * 1.3 + y * 0.4) * Math.sin(y * 0.9 - x * 0.2);
      for (let c = 0; c < 3; c++) data[i + c] = Math.round(255 * Math.min(1, Math.max(0, rgb[c] + detail)));
    }
  }
  return { width: side, height: side, data };
}

const onlyFault = ({ known }: Judged, perspective: Perspective) =>
  PERSPECTIVES.every((other) => known[other] < 5 === (other === perspective));
const isFaultless = ({ known }: Judged) => PERSPECTIVES.every((perspective) => known[perspective] === 5);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Spearman's rank correlation; equal values share their mean rank. */
function rankCorrelation(a: readonly number[], b: readonly number[]): number {
  const [x, y] = [ranks(a), ranks(b)];
  const middle = (a.length - 1) / 2;
  const product = (p: readonly number[], q: readonly number[]) =>
    p.reduce((sum, value, i) => sum + (value - middle) * (q[i] - middle), 0);
  return product(x, y) / Math.sqrt(product(x, x) * product(y, y));
}

function ranks(values: readonly number[]): number[] {
  return values.map((value) => {
    const below = values.filter((other) => other < value).length;
    const equal = values.filter((other) => other === value).length;
    return below + (equal - 1) / 2;
  });
}

const agreement = (triplets: readonly Judged[], perspective: Perspective) =>
  rankCorrelation(
    triplets.map(({ scores }) => scores[perspective]),
    triplets.map(({ known }) => known[perspective]),
  );

const SETS = [
  {
    name: 'drawn scenes',
    make: () => Promise.resolve(Array.from({ length: SCENES }, (_, i) => sceneTriplet(23, i))),
    all: { following: 0.9, preserving: 0.85, quality: 0.97 },
    alone: { following: 0.95, preserving: 0.95, quality: 0.97 },
    crossTalk: 0.7,
  },
  {
    name: 'photo edits',
    make: () => {
      const photos = Array.from({ length: 10 }, (_, i) => photo(i));
      return Promise.all(
        Array.from({ length: PHOTO_EDITS }, (_, i) => photoTriplet(photos[i % 10], `${i}`, 23, i)),
      );
    },
    all: { following: 0.87, preserving: 0.72, quality: 0.88 },
    alone: { following: 0.95, preserving: 0.9, quality: 0.95 },
    crossTalk: 1,
  },
] as const;

describe.each(SETS)('the oracle on $name', ({ make, all, alone, crossTalk }) => {
  let triplets: readonly Judged[];
  beforeAll(async () => {
    triplets = (await make()).map(judged);
  });

  it('gives full scores to what is faultless', () => {
    const faultless = triplets.filter(isFaultless);
    expect(faultless.length).toBeGreaterThan(triplets.length / 4);
    for (const perspective of PERSPECTIVES) {
      const scores = faultless.map(({ scores }) => scores[perspective]);
      expect(mean(scores)).toBeGreaterThan(4.95);
      expect(Math.min(...scores)).toBeGreaterThan(4.5);
    }
  });

  it.each(PERSPECTIVES)('ranks %s as it is known, among all faults mixed', (perspective) => {
    expect(agreement(triplets, perspective)).toBeGreaterThan(all[perspective]);
  });

  it.each(PERSPECTIVES)('ranks %s as it is known, where nothing else is wrong', (perspective) => {
    const chosen = triplets.filter((triplet) => isFaultless(triplet) || onlyFault(triplet, perspective));
    expect(agreement(chosen, perspective)).toBeGreaterThan(alone[perspective]);
  });

  it.each(PERSPECTIVES)('a fault of %s alone leaves the other scores alone', (perspective) => {
    const faulty = triplets.filter((triplet) => onlyFault(triplet, perspective));
    expect(faulty.length).toBeGreaterThan(10);
    for (const other of PERSPECTIVES.filter((each) => each !== perspective)) {
      expect(5 - mean(faulty.map(({ scores }) => scores[other]))).toBeLessThan(crossTalk);
    }
  });
});
