import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Backend, TensorData } from '@rewardedit/graph';
import { writeTinyModel } from '@rewardedit/models/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { defaultsFor } from './defaults.ts';
import { resolveTrainConfig } from './resolve-config.ts';
import { oneThread, trainSmall, writeScored } from './small-run.test.helper.ts';

let folder: string;
/** A model on the latents of an autoencoder, whose rewards may be masked. */
let init: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-latent-settings-'));
  init = join(folder, 'model');
  await writeTinyModel(init, { reward: { tokens: 'per-perspective', score_scale: 10, mask: true } });
});
afterAll(() => rm(folder, { recursive: true }));

describe('a model on the latents of an autoencoder', () => {
  it('is trained by the published recipe, which weights all pixels equally', async () => {
    const { steps, learningRate, accumulation, changeWeight } = await resolveTrainConfig({ init });
    expect({ steps, learningRate, accumulation, changeWeight }).toEqual({
      ...{ steps: 10_000, learningRate: 5e-5, accumulation: 4, changeWeight: 0 },
    });
    expect(defaultsFor('scenes').changeWeight).toBeGreaterThan(0);
    await expect(resolveTrainConfig({ init, changeWeight: 0.5 })).rejects.toMatchObject({
      code: 'usage',
      where: '--change-weight',
    });
  });

  it('gets a mask of the samples with a reward, if it has one', async () => {
    const backend = await oneThread();
    const masks: TensorData[] = [];
    const watching: Backend = {
      ...backend,
      compile: async (...given) => {
        const executable = await backend.compile(...given);
        return {
          ...executable,
          run: (inputs) => {
            const { reward_mask: mask } = inputs as Record<string, TensorData>;
            if (mask) masks.push(mask.slice());
            return executable.run(inputs);
          },
        };
      },
    };
    await trainSmall({
      ...{
        dataset: await writeScored(join(folder, 'scenes'), 8),
        run: join(folder, 'run'),
        backend: watching,
      },
      settings: {
        ...{ init, size: 16, batchSize: 8, accumulation: 1, steps: 2 },
        ...{ rewardDropout: 0.5, recompute: false, flips: false },
      },
    });
    expect(masks.map(({ length }) => length)).toEqual([8, 8]);
    expect(new Set(masks.flatMap((mask) => [...mask]))).toEqual(new Set([0, 1]));
    await backend.dispose();
  });
});
