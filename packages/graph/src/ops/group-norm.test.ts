import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { sizeOf } from '../shape.ts';
import { apply, difference } from '../testing/apply.ts';
import { forAll, seeds, shapes } from '../testing/arbitraries.ts';
import { elementAt, indicesOf } from '../testing/indices.ts';
import { groupNorm } from './group-norm.ts';

test('normalizes each group of channels of each picture by its own mean and variance', () => {
  const cases = fc.record({
    batch: fc.integer({ min: 1, max: 3 }),
    groups: fc.integer({ min: 1, max: 3 }),
    perGroup: fc.integer({ min: 1, max: 3 }),
    space: shapes(0, 2),
    perPicture: fc.boolean(),
    seed: seeds,
  });
  forAll(cases, ({ batch, groups, perGroup, space, perPicture, seed }) => {
    const channels = groups * perGroup;
    const shape = [batch, channels, ...space];
    const ofWeight = perPicture ? [batch, channels] : [channels];
    const { operands, value } = apply(
      (x, weight, bias) => groupNorm(x, groups, weight, bias, 1e-2),
      [shape, ofWeight, [channels]],
      seed,
    );
    const [x, weight, bias] = operands;
    const indices = indicesOf(shape);
    const groupOf = ([picture, channel]: number[]) => picture * groups + Math.floor(channel / perGroup);
    const expected = indices.map((index) => {
      const members = indices.filter((other) => groupOf(other) === groupOf(index));
      const group = members.map((other) => elementAt(x, shape, other));
      expect(group).toHaveLength(perGroup * sizeOf(space));
      const centre = group.reduce((total, value) => total + value) / group.length;
      const variance = group.reduce((total, value) => total + (value - centre) ** 2, 0) / group.length;
      const normalized = (elementAt(x, shape, index) - centre) / Math.sqrt(variance + 1e-2);
      return normalized * weight[perPicture ? index[0] * channels + index[1] : index[1]] + bias[index[1]];
    });
    expect(difference(value, expected)).toBeLessThan(1e-12);
  });
});
