import { PERSPECTIVES, type Perspective } from '@rewardedit/core';
import { knownReward, photoTriplet, sceneTriplet, type MadeTriplet } from '@rewardedit/data';
import { beforeAll, describe, expect, it } from 'vitest';
import { madePhoto } from '../made-photo.test.helper.ts';
import { rankCorrelation } from '../rank-correlation.test.helper.ts';
import { measureEdit } from './measure.ts';

// How well the oracle's scores agree with the faults that the dataset maker added. The oracle only sees the
// pictures. Rank correlations of following / preserving / quality, measured on other seeds than those used for tuning:
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

const onlyFault = ({ known }: Judged, perspective: Perspective) =>
  PERSPECTIVES.every((other) => known[other] < 5 === (other === perspective));
const isFaultless = ({ known }: Judged) => PERSPECTIVES.every((perspective) => known[perspective] === 5);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

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
      const photos = Array.from({ length: 10 }, (_, i) => madePhoto(i));
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

  it('gives full scores to faultless edits', () => {
    const faultless = triplets.filter(isFaultless);
    expect(faultless.length).toBeGreaterThan(triplets.length / 4);
    for (const perspective of PERSPECTIVES) {
      const scores = faultless.map(({ scores }) => scores[perspective]);
      expect(mean(scores)).toBeGreaterThan(4.95);
      expect(Math.min(...scores)).toBeGreaterThan(4.5);
    }
  });

  it.each(PERSPECTIVES)('ranks %s correctly among mixed faults', (perspective) => {
    expect(agreement(triplets, perspective)).toBeGreaterThan(all[perspective]);
  });

  it.each(PERSPECTIVES)('ranks %s correctly without other faults', (perspective) => {
    const chosen = triplets.filter((triplet) => isFaultless(triplet) || onlyFault(triplet, perspective));
    expect(agreement(chosen, perspective)).toBeGreaterThan(alone[perspective]);
  });

  it.each(PERSPECTIVES)('keeps the other scores if only %s is at fault', (perspective) => {
    const faulty = triplets.filter((triplet) => onlyFault(triplet, perspective));
    expect(faulty.length).toBeGreaterThan(10);
    for (const other of PERSPECTIVES.filter((each) => each !== perspective)) {
      expect(5 - mean(faulty.map(({ scores }) => scores[other]))).toBeLessThan(crossTalk);
    }
  });
});
