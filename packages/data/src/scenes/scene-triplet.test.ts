import { EDIT_KINDS, type EditKind } from '@rewardedit/core';
import { describe, expect, it } from 'vitest';
import type { MadeTriplet } from '../dataset/made-triplet.ts';
import type { Picture } from '../pictures/picture.ts';
import { sceneTriplet, type SceneOptions } from './scene-triplet.ts';

const many = (count: number, options: SceneOptions = {}, seed = 7): MadeTriplet[] =>
  Array.from({ length: count }, (_, index) => sceneTriplet(seed, index, options));

const faultsOf = ({ triplet }: MadeTriplet) => triplet.faults ?? [];

/** How many pixels differ by at least `least` of 255 in some channel. */
function differing(a: Picture, b: Picture, least = 1): number {
  let count = 0;
  for (let at = 0; at < a.data.length; at += 3) {
    const difference = Math.max(...[0, 1, 2].map((c) => Math.abs(a.data[at + c] - b.data[at + c])));
    if (difference >= least) count += 1;
  }
  return count;
}

const triplets = many(2100);
const ofKind = (kind: EditKind) => triplets.filter(({ triplet }) => triplet.kind === kind);

/** The ids of those that fail a test. */
const failing = (made: readonly MadeTriplet[], passes: (made: MadeTriplet) => boolean) =>
  made.filter((one) => !passes(one)).map(({ triplet }) => triplet.id);

describe('sceneTriplet', () => {
  it('depends only on seed, split and index', () => {
    expect(sceneTriplet(7, 123)).toEqual(triplets[123]);
    expect(sceneTriplet(8, 123).pictures.original).not.toEqual(triplets[123].pictures.original);
    const heldOut = sceneTriplet(7, 123, { split: 'held-out' });
    expect(heldOut.pictures.original).not.toEqual(triplets[123].pictures.original);
    expect(heldOut.triplet.id).not.toBe(triplets[123].triplet.id);
  });

  it('has no layout of the training split in the held-out split, whatever the seeds', () => {
    const seen = new Set(triplets.map(({ triplet }) => triplet.description));
    const heldOut = many(1000, { split: 'held-out' }, 8);
    expect(failing(heldOut, ({ triplet }) => !seen.has(triplet.description))).toEqual([]);
    // Two thousand random layouts of one shape would meet: there are 1296 of them.
    expect(heldOut.some(({ triplet }) => !triplet.description?.includes(' and '))).toBe(true);
  });

  it('gives all requested kinds equal shares', () => {
    for (const kind of EDIT_KINDS)
      expect(triplets.filter(({ triplet }) => triplet.kind === kind).length).toBe(300);
    const kinds: EditKind[] = ['remove', 'style'];
    expect(many(20, { kinds }).filter(({ triplet }) => triplet.kind === 'style').length).toBe(10);
  });

  it('draws at any size, 32 by default', () => {
    expect([triplets[0].pictures.truth.width, triplets[0].pictures.truth.height]).toEqual([32, 32]);
    const { original } = sceneTriplet(7, 0, { size: 64 }).pictures;
    expect([original.width, original.height, original.data.length]).toEqual([64, 64, 64 * 64 * 3]);
  });

  it.each([
    ['local', 40],
    ['remove', 40],
    ['add', 60],
    ['texture', 15],
    ['background', 600],
    ['global', 30],
    ['style', 50],
  ] as const)('%s changes more than %i pixels visibly', (kind, least) => {
    const visible = ({ pictures }: MadeTriplet) => differing(pictures.original, pictures.truth, 20) > least;
    expect(failing(ofKind(kind), visible)).toEqual([]);
  });

  it.each(['local', 'remove', 'texture', 'add'] as const)(
    '%s changes only one quadrant and its rim',
    (kind) => {
      const inOneQuadrant = ({ pictures: { original, truth } }: MadeTriplet) => {
        const changed = Array.from({ length: 32 * 32 }, (_, i) => i).filter((i) =>
          [0, 1, 2].some((c) => original.data[i * 3 + c] !== truth.data[i * 3 + c]),
        );
        const extent = (places: readonly number[]) => Math.max(...places) - Math.min(...places);
        return extent(changed.map((i) => i % 32)) < 16 && extent(changed.map((i) => Math.floor(i / 32))) < 16;
      };
      expect(failing(ofKind(kind), inOneQuadrant)).toEqual([]);
    },
  );

  it('knows whether the pair may be flipped', () => {
    expect(failing(triplets, ({ triplet }) => triplet.flippable === (triplet.kind !== 'add'))).toEqual([]);
  });

  it('describes the scene', () => {
    const { description } = triplets[0].triplet;
    expect(description).toMatch(
      /^an? \w+ (circle|square|triangle) in the (top|bottom) (left|right) corner.* background/,
    );
  });
});

describe('faults of scenes', () => {
  const clean = many(700, { faultRate: 0 });
  const only = (perspective: string, fault?: string) =>
    triplets.filter((made) => {
      const [first, ...others] = faultsOf(made);
      return (
        others.length === 0 && first?.perspective === perspective && (fault ?? first.fault) === first.fault
      );
    });

  it('are absent at rate 0, and change neither scene nor instruction', () => {
    for (const [index, { triplet, pictures }] of clean.entries()) {
      expect(triplet.faults).toEqual([]);
      expect(pictures.edited).toEqual(pictures.truth);
      expect(triplet.instruction).toBe(triplets[index].triplet.instruction);
      expect(pictures.truth).toEqual(triplets[index].pictures.truth);
      expect(pictures.original).toEqual(triplets[index].pictures.original);
    }
  });

  it('are in six of ten triplets', () => {
    expect(triplets.filter((made) => faultsOf(made).length > 0).length / triplets.length).toBeCloseTo(0.6, 1);
  });

  it('spoil exactly the pictures that have a fault', () => {
    const agrees = (made: MadeTriplet) =>
      differing(made.pictures.edited, made.pictures.truth) > 0 === faultsOf(made).length > 0;
    expect(failing(triplets, agrees)).toEqual([]);
  });

  it('ignored: nothing was done', () => {
    const ignored = only('following', 'ignored');
    expect(ignored.length).toBeGreaterThan(50);
    for (const { pictures } of ignored) expect(pictures.edited).toEqual(pictures.original);
  });

  it('half: each value is half-way', () => {
    const half = only('following', 'half');
    expect(half.length).toBeGreaterThan(15);
    for (const { pictures } of half) {
      for (let i = 0; i < pictures.edited.data.length; i++) {
        const mean = (pictures.original.data[i] + pictures.truth.data[i]) / 2;
        expect(Math.abs(pictures.edited.data[i] - mean)).toBeLessThanOrEqual(1);
      }
    }
  });

  it('wrong: something else was done', () => {
    const wrong = only('following', 'wrong');
    expect(wrong.length).toBeGreaterThan(50);
    const isWrong = ({ pictures: { original, edited, truth } }: MadeTriplet) =>
      differing(edited, truth, 20) > 15 && differing(edited, original, 20) > 15;
    expect(failing(wrong, isWrong)).toEqual([]);
  });

  it('unrelated: the edit was made, and something else is visible', () => {
    const unrelated = only('preserving');
    expect(unrelated.length).toBeGreaterThan(150);
    expect(failing(unrelated, ({ pictures }) => differing(pictures.edited, pictures.truth, 14) > 25)).toEqual(
      [],
    );
    const degrees = unrelated.map((made) => faultsOf(made)[0].degree);
    expect(new Set(degrees)).toEqual(new Set([2, 3, 5]));
  });

  it('quality: the picture is spoilt but keeps its mean brightness', () => {
    const spoilt = only('quality');
    expect(spoilt.length).toBeGreaterThan(150);
    const mean = ({ data }: Picture) => data.reduce((sum, value) => sum + value, 0) / data.length;
    const isSpoilt = ({ pictures: { edited, truth } }: MadeTriplet) =>
      differing(edited, truth, 9) > 9 && Math.abs(mean(edited) - mean(truth)) < 25;
    expect(failing(spoilt, isSpoilt)).toEqual([]);
  });
});
