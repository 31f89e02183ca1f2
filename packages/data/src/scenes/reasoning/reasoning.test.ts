import { describe, expect, it } from 'vitest';
import type { Scene, Shape } from '../scene.ts';
import { sceneTriplet, type SceneSplit } from '../scene-triplet.ts';
import { SKILLS } from './reasoning.ts';
import { exclusions, relations } from './reference.ts';

const shape = (corner: Shape['corner'], form: Shape['form'], colour: Shape['colour']): Shape => ({
  corner,
  form,
  colour,
  x: 0,
  y: 0,
  radius: 5,
});
const scene = (...shapes: Shape[]): Scene => ({ background: { colour: 'white', fill: 'plain' }, shapes });
const many = (split: SceneSplit, count = 200) =>
  Array.from({ length: count }, (_, index) =>
    sceneTriplet(5, index, { split, reasoning: true, faultRate: 0 }),
  );

describe('references', () => {
  it('name a shape by its neighbour', () => {
    const three = scene(
      shape('top left', 'circle', 'red'),
      shape('top right', 'square', 'blue'),
      shape('bottom right', 'triangle', 'red'),
    );
    expect(relations(three)).toEqual([
      { corner: 'top left', words: 'the shape to the left of the blue square' },
      { corner: 'top right', words: 'the shape to the right of the red circle' },
      { corner: 'top right', words: 'the shape above the red triangle' },
      { corner: 'bottom right', words: 'the shape below the blue square' },
    ]);
  });

  it('name a shape by ruling out all others, but not if several remain', () => {
    const three = scene(
      shape('top left', 'circle', 'red'),
      shape('top right', 'square', 'blue'),
      shape('bottom right', 'circle', 'green'),
    );
    expect(exclusions(three)).toEqual([
      { corner: 'top right', words: 'the shape that is not a circle' },
      { corner: 'bottom right', words: 'the only shape that is neither red nor a square' },
      { corner: 'top left', words: 'the only shape that is neither green nor a square' },
    ]);
    const different = scene(
      shape('top left', 'circle', 'red'),
      shape('top right', 'square', 'blue'),
      shape('bottom right', 'triangle', 'green'),
    );
    expect(exclusions(different)).toContainEqual({
      corner: 'bottom right',
      words: 'the only shape that is neither red nor a square',
    });
    expect(exclusions(scene(different.shapes[0]))).toEqual([]);
  });
});

describe('reasoning scenes', () => {
  const [train, heldOut] = [many('train'), many('held-out')];

  it('use every skill in equal shares, and depend only on seed, split and index', () => {
    for (const skill of SKILLS)
      expect(
        train.filter(({ triplet }) => triplet.id.startsWith(`reasoning-${skill}-train-5-`)),
      ).toHaveLength(50);
    expect(sceneTriplet(5, 17, { reasoning: true, faultRate: 0 })).toEqual(train[17]);
  });

  it('show the requested edit, and equal the truth without faults', () => {
    for (const { triplet, pictures } of [...train, ...heldOut]) {
      expect(pictures.truth.data, triplet.instruction).not.toEqual(pictures.original.data);
      expect(pictures.edited.data, triplet.instruction).toEqual(pictures.truth.data);
      expect(triplet.instruction.split(' ').length, triplet.instruction).toBeLessThan(28);
    }
  });

  it('have wordings in the held-out split that occur in no training set', () => {
    const values =
      /\b(red|green|blue|yellow|purple|orange|white|grey|pink|brown|teal|cream|circle|square|triangle|stripes|dots|one|two|three|shapes?|is|are|left|right|above|below|of|to the)\b/g;
    const skeleton = (text: string) => text.replace(values, '*').replace(/(\* ?)+/g, '* ');
    const seen = new Set(train.map(({ triplet }) => skeleton(triplet.instruction)));
    const met = heldOut.filter(({ triplet }) => seen.has(skeleton(triplet.instruction)));
    expect(met.map(({ triplet }) => triplet.instruction)).toEqual([]);
  });

  it('have faults like other scenes, and the truth', () => {
    const faulty = Array.from({ length: 40 }, (_, index) =>
      sceneTriplet(5, index, { reasoning: true, faultRate: 1 }),
    );
    expect(faulty.every(({ triplet }) => (triplet.faults ?? []).length > 0)).toBe(true);
    faulty.forEach(({ pictures, triplet }, index) => {
      expect(triplet.instruction).toBe(train[index].triplet.instruction);
      expect(pictures.truth).toEqual(train[index].pictures.truth);
    });
  });
});
