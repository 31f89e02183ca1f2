import { evaluate, input, program } from '@rewardedit/graph';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { branchesAt, combineBranches, guidanceBranches } from './guidance.ts';

const scale = fc.double({ min: 0, max: 10, noNaN: true });
const scales = fc.record({ textScale: scale, imageScale: scale, rewardScale: scale, mapScale: scale });
const output = fc.double({ min: -5, max: 5, noNaN: true });

function names(textScale: number, imageScale: number, rewardScale: number): string[] {
  return guidanceBranches({ textScale, imageScale, rewardScale }).map(({ name }) => name);
}

describe('guidanceBranches', () => {
  it('equals the formula of the papers', () => {
    fc.assert(
      fc.property(scales, fc.array(output, { minLength: 5, maxLength: 5 }), (given, drawn) => {
        const [full, image, nothing, lowest, unmapped] = drawn;
        const outputs: Record<string, number> = { full, image, nothing, lowest, unmapped };
        const branches = guidanceBranches(given);
        const combined = combineBranches(
          input('outputs', [branches.length, 1]),
          input('weights', [branches.length]),
        );
        const inputs = {
          outputs: branches.map(({ name }) => outputs[name]),
          weights: branches.map(({ weight }) => weight),
        };
        const guided = evaluate(program({ outputs: { combined } }), { inputs }).outputs['combined'];
        const { textScale: s_T, imageScale: s_I, rewardScale: w, mapScale: m } = given;
        const papers = nothing + s_I * (image - nothing) + s_T * (full - image) + w * (full - lowest);
        const expected = papers + m * (full - unmapped);
        expect(Math.abs(guided[0] - expected)).toBeLessThan(1e-4);
      }),
    );
  });

  it('has weights that add up to 1', () => {
    fc.assert(
      fc.property(scales, (given) => {
        const total = guidanceBranches(given).reduce((sum, { weight }) => sum + weight, 0);
        expect(total).toBeCloseTo(1, 9);
      }),
    );
  });

  it('omits branches with weight 0', () => {
    expect(names(7.5, 1.5, 0)).toEqual(['full', 'image', 'nothing']);
    expect(names(1, 1, 0)).toEqual(['full']);
    expect(names(7.5, 1, 0)).toEqual(['full', 'image']);
    expect(names(1.5, 1.5, 0)).toEqual(['full', 'nothing']);
    expect(names(0, 1.5, 0)).toEqual(['image', 'nothing']);
    expect(names(0, 0, 0)).toEqual(['nothing']);
    expect(names(7.5, 1.5, 0.5)).toEqual(['full', 'image', 'nothing', 'lowest']);
  });

  it('omits the feature map in one branch if the map guides', () => {
    const branches = guidanceBranches({ textScale: 1, imageScale: 1, rewardScale: 0, mapScale: 0.5 });
    expect(branches.map(({ name, text, map, weight }) => [name, text, map, weight])).toEqual([
      ['full', true, true, 1.5],
      ['unmapped', true, false, -0.5],
    ]);
  });

  it('is (1 + w) F(asked) - w F(lowest) with guidance by reward only, both with text and picture', () => {
    expect(guidanceBranches({ textScale: 1, imageScale: 1, rewardScale: 0.5 })).toEqual([
      { name: 'full', text: true, image: true, reward: 'asked', map: true, weight: 1.5 },
      { name: 'lowest', text: true, image: true, reward: 'lowest', map: true, weight: -0.5 },
    ]);
  });

  it('uses the same reward in all branches without guidance by reward, as the published code', () => {
    const branches = guidanceBranches({ textScale: 7.5, imageScale: 1.5, rewardScale: 0 });
    expect(branches.map(({ text, image, reward }) => [text, image, reward])).toEqual([
      [true, true, 'asked'],
      [false, true, 'asked'],
      [false, false, 'asked'],
    ]);
  });
});

describe('branchesAt', () => {
  it('guides every step by default', () => {
    const given = { textScale: 7.5, imageScale: 1.5, rewardScale: 0.5 };
    expect(branchesAt(given, 1)).toEqual(guidanceBranches(given));
    expect(branchesAt(given, 99)).toEqual(guidanceBranches(given));
  });

  it('guides from the first to the last of the given steps', () => {
    const given = { textScale: 7.5, imageScale: 1.5, rewardScale: 0, guidedSteps: [2, 3] as const };
    const counts = [1, 2, 3, 4].map((step) => branchesAt(given, step).length);
    expect(counts).toEqual([1, 3, 3, 1]);
    expect(branchesAt(given, 1)).toMatchObject([{ name: 'full', weight: 1 }]);
  });
});
