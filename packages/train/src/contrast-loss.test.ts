import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDataset } from '@rewardedit/data';
import { evaluateTensors, gradients, input } from '@rewardedit/graph';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contrastLoss } from './contrast-loss.ts';
import { oneThread, trainSmall, writeScored } from './small-run.test.helper.ts';

describe('contrastLoss', () => {
  const config = { contrastWeight: 0.5, contrastMargin: 0.1 };
  // Two examples of one channel and 1 x 2 positions, then the same with wrong instructions.
  const errors = input('errors', [4, 1, 1, 2]);
  const contrasted = input('contrasted', [2]);
  const loss = contrastLoss(errors, contrasted, config);
  const valueAt = (given: number[], which: number[]) =>
    evaluateTensors([loss, gradients(loss, [errors])[0]], { inputs: { errors: given, contrasted: which } });

  it('adds the margin less the additional error of the wrong instruction', () => {
    // Mean errors 0.2 and 0.4; with wrong instructions 0.25 (too near) and 0.9 (far enough).
    const given = [0.1, 0.3, 0.4, 0.4, 0.2, 0.3, 0.9, 0.9];
    const [value, gradient] = valueAt(given, [1, 1]);
    expect(value[0]).toBeCloseTo(0.3 + 0.5 * ((0.2 - 0.25 + 0.1) / 2));
    // 1/4 of each error, and half of the weight by half of the first example, up with the right and down with the wrong one.
    expect(Array.from(gradient)).toEqual(
      [0.25 + 0.125, 0.25 + 0.125, 0.25, 0.25, -0.125, -0.125, 0, 0].map((one) => expect.closeTo(one, 6)),
    );
  });

  it('ignores examples without a wrong instruction', () => {
    const [value] = valueAt([0.1, 0.3, 0.4, 0.4, 0.2, 0.3, 0.4, 0.4], [0, 0]);
    expect(value[0]).toBeCloseTo(0.3);
  });
});

describe('train', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rewardedit-contrast-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('trains with rewritten instructions, and says how to get them if there are none', async () => {
    const dataset = await writeScored(join(folder, 'scenes'), 4);
    const backend = await oneThread();
    const run = (name: string, settings: object) =>
      trainSmall({ dataset, run: join(folder, name), backend, settings: { steps: 1, ...settings } });
    try {
      const contrast = { instructions: 'rectified', contrastWeight: 1 } as const;
      await expect(run('none', contrast)).rejects.toMatchObject({
        message: 'there are no rectified instructions',
        hint: expect.stringContaining('--rectify'),
      });
      const ids: string[] = [];
      for await (const { id } of (await openDataset(dataset)).triplets()) ids.push(id);
      const lines = ids.map((id) =>
        JSON.stringify({
          id,
          reward: { scores: {}, feedback: {} },
          rewrites: { rectified: `do ${id}`, wrong: ['x'] },
        }),
      );
      await writeFile(join(dataset, 'rewrites.jsonl'), `${lines.join('\n')}\n`);
      const [given, rectified, contrasted] = [
        await run('given', {}),
        await run('rectified', { instructions: 'rectified' }),
        await run('contrasted', contrast),
      ].map(({ loss }) => loss!);
      expect(rectified).not.toBe(given);
      // A new model does not hear its instructions yet: a wrong one makes no difference, so that the margin is added.
      expect(contrasted - rectified).toBeCloseTo(5e-3, 3);
    } finally {
      await backend.dispose();
    }
  });
});
