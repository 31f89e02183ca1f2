import { blankPicture } from '@rewardedit/data';
import { describe, expect, it } from 'vitest';
import type { DrawOptions } from '../flags/draw-flags.ts';
import { bestOf } from './best-of.ts';
import { cropBox, parseCrop } from './crop.ts';
import { editCommand } from './edit-command.ts';
import { drawOptionsOf } from './edit-record.ts';
import { sweepPicture } from './sweep-picture.ts';
import { parseSweep, sweptEdits, type Sweep } from './sweep.ts';

const draw: DrawOptions = { seed: 7, scores: '5,5,5' };

describe('--crop', () => {
  it.each([
    ['square', { left: 10, top: 0, width: 20, height: 20 }],
    ['10x4', { left: 15, top: 8, width: 10, height: 4 }],
    ['10x4+30+16', { left: 30, top: 16, width: 10, height: 4 }],
  ])('%s', async (text, box) => {
    expect(await cropBox(parseCrop(text)!, { width: 40, height: 20 })).toEqual(box);
  });

  it.each(['', '10', '0x4', '10x4+1', '-1x4', '10x4+-1+2', 'SQUARE', '10x4 '])('refuses %j', (text) => {
    expect(parseCrop(text)).toBeUndefined();
  });

  it('rejects a part that does not fit into the picture', async () => {
    for (const text of ['41x4', '10x4+31+0', '10x21'])
      await expect(cropBox(parseCrop(text)!, { width: 40, height: 20 })).rejects.toMatchObject({
        code: 'bad-input',
      });
  });
});

describe('--sweep', () => {
  it.each([
    ['following=0..5', [0, 1, 2, 3, 4, 5]],
    ['text-guidance=1..13/3', [1, 4, 7, 10, 13]],
    ['image-guidance=1..1.5/0.1', [1, 1.1, 1.2, 1.3, 1.4, 1.5]],
    ['quality=0,2.5,5', [0, 2.5, 5]],
    ['seed=3..4', [3, 4]],
  ])('%s', (text, values) => {
    expect(parseSweep(text)).toEqual({ name: text.split('=')[0], values });
  });

  it.each([
    ['following=0..6', 'following cannot be 6'],
    ['steps=1..3/0.5', 'steps cannot be 1.5'],
    ['steps=0,1', 'steps cannot be 0'],
    ['following=5..0', 'expected values such as 0..5, 1..13/3 or 0,2.5,5'],
    ['following=', 'expected one of '],
    ['folowing=0..5', 'expected one of '],
    ['toString=0..5', 'expected one of '],
    ['seed=0..1000000000', 'expected 2 to 64 values'],
    ['following=0..5/0', 'expected values'],
    ['seed=1', 'expected 2 to 64 values'],
  ])('rejects %s: %s', (text, reason) => {
    expect(parseSweep(text)).toContain(reason);
  });

  it('sets the swept option only; a second sweep makes rows', () => {
    const sweeps = ['preserving=1,2', 'text-guidance=3,4'].map((text) => parseSweep(text) as Sweep);
    const rows = sweptEdits(sweeps, draw);
    expect(rows.map((row) => row.map(({ label }) => label))).toEqual([
      ['preserving 1, text-guidance 3', 'preserving 2, text-guidance 3'],
      ['preserving 1, text-guidance 4', 'preserving 2, text-guidance 4'],
    ]);
    expect(rows[1][0].draw).toEqual({ seed: 7, scores: '5,1,5', 'text-guidance': 4 });
  });
});

it.each([2, 6, 10, 30])('wraps a sweep of %i values to about the aspect ratio of a screen', async (count) => {
  const picture = blankPicture(300, 200);
  const row = Array.from({ length: count }, (_, i) => ({ label: `seed ${i}`, picture }));
  const { width, height } = await sweepPicture('make it red', picture, [row]);
  expect(width / height).toBeGreaterThan(1);
  expect(width / height).toBeLessThan(2.6);
});

describe('--best-of', () => {
  it('chooses the highest mean, the first among equals, and only edits with all scores', () => {
    expect(
      bestOf([{ seed: 0, overall: 3 }, { seed: 1 }, { seed: 2, overall: 4 }, { seed: 3, overall: 4 }]),
    ).toBe(2);
    expect(bestOf([{ seed: 0, missing: 'refused' }])).toBeUndefined();
  });
});

it('converts a record to the command that made it', async () => {
  const settings = {
    ...{ seed: 3, steps: 5, sampler: 'ddim' as const, eta: 0.5 },
    ...{ textScale: 7.5, imageScale: 1.5, rewardScale: 0, guidedSteps: [1, 3] as const },
    reward: {
      scores: { following: 5, quality: 1 },
      feedback: { following: 'Nothing failed.', quality: "it's blurred" },
    },
  };
  const command = editCommand({
    ...{ model: 'm', picture: '-a.png', instruction: 'make it "red"', out: 'b.webp', crop: 'square' },
    draw: await drawOptionsOf({ settings, resolution: 256 }),
  });
  expect(command).toBe(
    'rewardedit edit --model m --out b.webp --scores 5,-,1 ' +
      String.raw`--feedback 'quality=it'\''s blurred' --text-guidance 7.5 --image-guidance 1.5 --reward-guidance 0 ` +
      '--guided-steps 1-3 --sampler ddim --eta 0.5 --steps 5 --seed 3 --resolution 256 --crop square ' +
      `-- -a.png 'make it "red"'`,
  );
});
