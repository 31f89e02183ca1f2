import { evaluateTensors, input } from '@rewardedit/graph';
import { describe, expect, it } from 'vitest';
import { resizeBilinear } from './resize-bilinear.ts';

function resized(values: number[], from: readonly number[], [height, width]: readonly number[]): number[] {
  const x = input('x', [1, 1, ...from]);
  const [found] = evaluateTensors([resizeBilinear(x, height, width)], {
    inputs: { x: Float32Array.from(values) },
  });
  return [...found];
}

describe('resizeBilinear', () => {
  it('interpolates between centres, and is constant beyond the first and the last', () => {
    expect(resized([0, 4], [1, 2], [1, 4])).toEqual([0, 1, 3, 4]);
    expect(resized([0, 4], [2, 1], [4, 1])).toEqual([0, 1, 3, 4]);
  });

  it('supports any sizes, including smaller ones', () => {
    const [first, second, third] = resized([0, 3, 6, 9, 12], [1, 5], [1, 3]);
    expect(first).toBeCloseTo(1, 6);
    expect(second).toBeCloseTo(6, 6);
    expect(third).toBeCloseTo(11, 6);
    expect(resized([5], [1, 1], [2, 3])).toEqual([5, 5, 5, 5, 5, 5]);
  });
});
