import type { Picture } from '@rewardedit/data';
import { describe, expect, it } from 'vitest';
import type { JudgeContext, JudgedTriplet } from './judge.ts';
import { createPixelJudge } from './pixel-judge.ts';

const picture = (value: (at: number) => number, width = 4): Picture => ({
  ...{ width, height: 4 },
  data: Uint8Array.from({ length: width * 4 * 3 }, (_, at) => value(at)),
});
const noise = (at: number) => (at * 37) % 200;
const judge = (edited: Picture, original = picture(noise), instruction = 'make it red') =>
  createPixelJudge().judge(
    {
      triplet: { id: 'a', instruction, original: 'o', edited: 'e' },
      original: async () => original,
      edited: async () => edited,
    } as unknown as JudgedTriplet,
    {} as JudgeContext,
  );

describe('the pixel judge', () => {
  it.each([
    ['equal pictures', picture(noise)],
    ['a difference that nobody sees', picture((at) => noise(at) + (at % 5 === 0 ? 2 : 0))],
  ])('detects that nothing was changed: %s', async (_, edited) => {
    expect((await judge(edited)).reward?.scores).toEqual({ following: 0, preserving: 5, quality: 5 });
  });

  it('detects that only the edit has a single color', async () => {
    expect((await judge(picture(() => 0))).reward?.scores).toEqual({
      following: 0,
      preserving: 0,
      quality: 0,
    });
    expect((await judge(picture((at) => [9, 90, 200][at % 3]))).reward?.scores.quality).toBe(0);
    const gray = picture(() => 128);
    expect(
      (
        await judge(
          picture(() => 0),
          gray,
        )
      ).reward,
    ).toBeUndefined();
  });

  it.each([
    ['one value that differs by 3', picture((at) => noise(at) + (at === 7 ? 3 : 0)), 'make it red'],
    ['another size', picture(noise, 5), 'make it red'],
    ['an instruction to change nothing', picture(noise), 'Leave the picture as it is'],
  ])('has no answer otherwise: %s', async (_, edited, instruction) => {
    expect(await judge(edited, picture(noise), instruction)).toEqual({
      missing: 'the pixels alone do not tell',
    });
  });
});
