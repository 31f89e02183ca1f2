import { mkdtemp, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOnnxBackend } from '@rewardedit/backend-onnx';
import { readPicture, knownReward, openDataset, writeScenes } from '@rewardedit/data';
import type { EventBody } from '@rewardedit/core';
import type { Backend } from '@rewardedit/graph';
import { openSafetensors } from '@rewardedit/models';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { trainConfigSchema } from './config.ts';
import { openTrainedModel, replaceModelFolder } from './model.ts';
import { train } from './train.ts';

let folder: string;
let dataset: string;
let backend: Backend;

/** Small enough for a test: a few steps on pictures of 16 x 16 pixels. */
const config = (changes: Record<string, unknown> = {}) =>
  trainConfigSchema.parse({
    size: 16,
    steps: 6,
    batchSize: 4,
    warmupSteps: 1,
    checkpointEvery: 2,
    sampleEvery: 6,
    sampleCount: 2,
    ...changes,
  });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-train-'));
  dataset = join(folder, 'scenes');
  await writeScenes({ folder: dataset, count: 24, seed: 3, size: 16, split: 'train' });
  const lines: string[] = [];
  for await (const { id, faults = [] } of (await openDataset(dataset)).triplets()) {
    lines.push(`${JSON.stringify({ id, reward: knownReward(faults) })}\n`);
  }
  await writeFile(join(dataset, 'rewards.jsonl'), lines.join(''));
  backend = await createOnnxBackend({ threads: 1 });
});

afterAll(async () => {
  await backend.dispose();
  await rm(folder, { recursive: true });
});

const weightsOf = (model: string) => readFile(join(model, 'unet/diffusion_pytorch_model.safetensors'));

/** Trains until an event says stop, as Ctrl-C would. */
async function trainUntil(
  run: string,
  stop: (event: EventBody) => boolean,
  changes?: Record<string, unknown>,
) {
  const controller = new AbortController();
  await expect(
    train({
      dataset,
      run,
      config: config(changes),
      backend,
      signal: controller.signal,
      emit: (event) => {
        if (stop(event)) controller.abort();
      },
    }),
  ).rejects.toMatchObject({ code: 'interrupted' });
}

describe('train', () => {
  it('goes on after an interruption, and ends with the same bits', async () => {
    const straight = await train({ dataset, run: join(folder, 'straight'), config: config(), backend });
    const run = join(folder, 'interrupted');
    await trainUntil(run, (event) => event.type === 'step' && event.step === 3);
    const events: EventBody[] = [];
    const resumed = await train({
      dataset,
      run,
      config: config(),
      backend,
      emit: (event) => events.push(event),
    });
    expect(events[0]).toEqual({ type: 'resumed', step: 3 });
    expect(events.filter(({ type }) => type === 'step')).toHaveLength(3);
    expect((await weightsOf(resumed.model)).equals(await weightsOf(straight.model))).toBe(true);
    expect(resumed.loss).toBe(straight.loss);
  });

  it('passes over a damaged checkpoint, says so, and takes the one before', async () => {
    const run = join(folder, 'damaged');
    await trainUntil(run, (event) => event.type === 'step' && event.step === 4);
    expect(await readdir(join(run, 'checkpoints'))).toEqual(['step-000002', 'step-000004']);
    await truncate(join(run, 'checkpoints/step-000004/state.safetensors'), 5000);
    const events: EventBody[] = [];
    await train({ dataset, run, config: config(), backend, emit: (event) => events.push(event) });
    expect(events[0]).toMatchObject({ type: 'warning', message: expect.stringContaining('damaged') });
    expect(events[1]).toMatchObject({ type: 'resumed', step: 2 });
  });

  it('lowers the loss, writes sample pictures, and tells every step', async () => {
    const events: EventBody[] = [];
    const run = join(folder, 'longer');
    await train({
      dataset,
      run,
      config: config({ steps: 60, checkpointEvery: 60, sampleEvery: 60, batchSize: 8 }),
      backend,
      emit: (event) => events.push(event),
    });
    const losses = events.flatMap((event) => (event.type === 'step' ? [event.metrics['loss']] : []));
    const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length;
    expect(losses).toHaveLength(60);
    expect(mean(losses.slice(-15))).toBeLessThan(0.8 * mean(losses.slice(0, 15)));
    const sheet = await readPicture(join(run, 'samples/step-000060.png'));
    expect(sheet.width).toBeGreaterThan(3 * 16 * 4);
  });

  it('averages gradients over micro-batches as over one large batch', async () => {
    const whole = await train({ dataset, run: join(folder, 'whole'), config: config({ steps: 3 }), backend });
    const parts = await train({
      dataset,
      run: join(folder, 'parts'),
      config: config({ steps: 3, batchSize: 2, accumulation: 2 }),
      backend,
    });
    expect(parts.loss).toBeCloseTo(whole.loss!, 4);
  });

  it('starts stage 2 as the stage 1 network that it goes on from', async () => {
    const first = await train({
      dataset,
      run: join(folder, 'stage1'),
      config: config({ stage: 1 }),
      backend,
    });
    const unet1 = await openSafetensors(join(first.model, 'unet/diffusion_pytorch_model.safetensors'));
    expect([...unet1.tensors.keys()].some((name) => name.startsWith('proj_deal'))).toBe(false);
    const second = await train({
      dataset,
      run: join(folder, 'stage2'),
      // So small a rate that the weights stay where they began.
      config: config({ stage: 2, init: first.model, steps: 1, learningRate: 1e-12, weightDecay: 0 }),
      backend,
    });
    const unet2 = await openSafetensors(join(second.model, 'unet/diffusion_pytorch_model.safetensors'));
    const key = 'conv_in.weight';
    expect(await unet2.float32(key)).toEqual(await unet1.float32(key));
    const added = await unet2.float32('proj_deal.proj_out.weight');
    expect(added.every((value) => Math.abs(value) < 1e-6)).toBe(true);
    await Promise.all([unet1.close(), unet2.close()]);
  });

  it('keeps the earlier model until the new one is whole', async () => {
    const { model } = await train({
      dataset,
      run: join(folder, 'kept'),
      config: config({ steps: 1 }),
      backend,
    });
    const before = await weightsOf(model);
    const trained = await openTrainedModel(config(), dataset, new Map());
    const failing = replaceModelFolder(model, trained, () => Promise.reject(new Error('no more room')));
    await expect(failing).rejects.toThrow('no more room');
    expect((await weightsOf(model)).equals(before)).toBe(true);
  });

  it('refuses pictures that the levels of the network cannot halve', async () => {
    const odd = train({ dataset, run: join(folder, 'odd'), config: config({ size: 18 }), backend });
    await expect(odd).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining('18 pixels') });
  });

  it('refuses a stage 2 without rewards, and a run folder of another run', async () => {
    const bare = join(folder, 'bare');
    await writeScenes({ folder: bare, count: 4, seed: 1, size: 16, split: 'train' });
    await expect(
      train({ dataset: bare, run: join(folder, 'none'), config: config(), backend }),
    ).rejects.toMatchObject({ code: 'bad-input' });
    await expect(
      train({ dataset, run: join(folder, 'straight'), config: config({ seed: 9 }), backend }),
    ).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining('seed') });
  });
});
