import { expect, it } from 'vitest';
import { sceneTriplet } from './scene-triplet.ts';
import { WRONG } from './scene-rewrites.ts';

it('adds a right and wrong instructions for each pair without changing anything else', () => {
  const made = Array.from({ length: 200 }, (_, index) => {
    const plain = sceneTriplet(1, index, { size: 16 });
    const { triplet, pictures } = sceneTriplet(1, index, { size: 16, rewrites: true });
    const { rewrites, ...rest } = triplet;
    expect({ triplet: rest, pictures }).toEqual(plain);
    const { rectified = '', wrong = [] } = rewrites!;
    expect(new Set([rectified, ...wrong]).size).toBe(1 + WRONG);
    const faultOf = (perspective: string) =>
      triplet.faults!.find((fault) => fault.perspective === perspective);
    return { rectified, following: faultOf('following'), preserving: faultOf('preserving') };
  });
  const ignored = made.filter(({ following, preserving }) => following?.fault === 'ignored' && !preserving);
  const disturbed = made.filter(({ following, preserving }) => !following && preserving?.degree === 5);
  expect(Math.min(ignored.length, disturbed.length)).toBeGreaterThan(3);
  expect(new Set(ignored.map(({ rectified }) => rectified))).toEqual(new Set(['leave the picture as it is']));
  // What was done besides is told where it can be seen plainly.
  for (const { rectified } of disturbed) expect(rectified).toContain(' and ');
});
