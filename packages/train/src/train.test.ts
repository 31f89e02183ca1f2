import { mkdtemp, readFile, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RewardEditError } from '@rewardedit/core';
import { readPicture, writeScenes } from '@rewardedit/data';
import type { Backend, Executable } from '@rewardedit/graph';
import { openSafetensors } from '@rewardedit/models';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrainSettings } from './config.ts';
import {
  afterStep,
  oneThread,
  trainSmall,
  trainUntil,
  weightsOf,
  writeScored,
} from './small-run.test.helper.ts';

let folder: string;
let dataset: string;
let backend: Backend;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-train-'));
  dataset = await writeScored(join(folder, 'scenes'));
  backend = await oneThread();
});

afterAll(async () => {
  await backend.dispose();
  await rm(folder, { recursive: true });
});

const small = (name: string, settings?: TrainSettings) => ({
  dataset,
  run: join(folder, name),
  backend,
  ...(settings && { settings }),
});

/** The same backend, whose programs are counted, and may answer something else. */
function watched(
  answer: (outputs: Awaited<ReturnType<Executable['run']>>, run: number) => void = () => undefined,
) {
  let [open, runs] = [0, 0];
  const wrapped: Backend = {
    ...backend,
    createState: async (specs) => {
      const state = await backend.createState(specs);
      open += 1;
      const dispose = state.dispose.bind(state);
      return Object.assign(state, {
        dispose: async () => {
          open -= 1;
          await dispose();
        },
      });
    },
    compile: async (program, states, options) => {
      const executable = await backend.compile(program, states, options);
      open += 1;
      return {
        run: async (inputs) => {
          const outputs = await executable.run(inputs);
          if ('loss' in outputs) answer(outputs, (runs += 1));
          return outputs;
        },
        dispose: async () => {
          open -= 1;
          await executable.dispose();
        },
      };
    },
  };
  return { backend: wrapped, open: () => open };
}

describe('train', () => {
  it('resumes after an interruption from what the run recorded, to the same bits', async () => {
    const straight = await trainSmall(small('straight'));
    const interrupted = small('interrupted');
    const { error } = await trainUntil(afterStep(3), interrupted);
    expect(error).toMatchObject({ code: 'interrupted', message: expect.stringContaining('step 3 of 6') });
    expect(await readdir(join(interrupted.run, 'checkpoints'))).toEqual(['step-000002', 'step-000003']);
    // As in a run from before it could be set.
    const configPath = join(interrupted.run, 'config.json');
    const { precision, ...earlier } = JSON.parse(await readFile(configPath, 'utf8')) as Record<
      string,
      unknown
    >;
    expect(precision).toBe('f32');
    await writeFile(configPath, JSON.stringify(earlier));
    const resumed = await trainSmall(interrupted);
    expect(resumed.events.filter(({ type }) => type === 'resumed')).toEqual([{ type: 'resumed', step: 3 }]);
    expect(resumed.events.filter(({ type }) => type === 'step')).toHaveLength(3);
    expect(await weightsOf(resumed.model)).toEqual(await weightsOf(straight.model));
    expect(resumed.loss).toBe(straight.loss);
  });

  it('resumes from the last checkpoint after a GPU was lost', async () => {
    const run = small('lost');
    const lost = new RewardEditError('failed', 'The GPU was lost: the driver was reset');
    let isLost = false;
    const refuse = () => {
      if (isLost) throw lost;
    };
    const breaking = watched((_, step) => {
      isLost = step === 4;
      refuse();
    });
    // From then on nothing can be read either.
    const createState: Backend['createState'] = async (specs) => {
      const state = await breaking.backend.createState(specs);
      const read = state.read.bind(state);
      return Object.assign(state, {
        read: async (name: string) => {
          refuse();
          return read(name);
        },
      });
    };
    const broken: Backend = { ...breaking.backend, createState };
    await expect(trainSmall({ ...run, backend: broken })).rejects.toBe(lost);
    expect(await readdir(join(run.run, 'checkpoints'))).toEqual(['step-000002']);
    const resumed = await trainSmall(run);
    expect(resumed.events.filter(({ type }) => type === 'resumed')).toEqual([{ type: 'resumed', step: 2 }]);
  });

  it('skips a damaged checkpoint with a warning, and resumes from the previous one', async () => {
    const run = small('damaged');
    await trainUntil(afterStep(4), run);
    await truncate(join(run.run, 'checkpoints/step-000004/state.safetensors'), 5000);
    const { events } = await trainSmall(run);
    const [resumed, warning] = events.filter(({ type }) => type !== 'memory');
    expect(resumed).toEqual({ type: 'resumed', step: 2 });
    expect(warning).toMatchObject({ type: 'warning', message: expect.stringContaining('damaged') });
  });

  it('lowers the loss, draws samples, and reports every step', async () => {
    const run = small('longer', {
      steps: 60,
      checkpointEvery: 60,
      sampleEvery: 60,
      sampleCount: 2,
      batchSize: 8,
    });
    const savePreview = async () => 'previews/000000001.png';
    const { events } = await trainSmall({ ...run, options: { savePreview } });
    const drawn = events.flatMap((event) => (event.type === 'denoised' ? [event] : []));
    expect(drawn.map(({ done }) => done)).toEqual(Array.from(drawn, (_, i) => i + 1));
    expect(drawn.at(-1)).toMatchObject({ phase: 'Drawing samples', preview: 'previews/000000001.png' });
    expect(drawn[0].items).toMatchObject([{ asked: { scores: { following: 5 } } }, {}]);
    const types = events.map(({ type }) => type);
    expect(types.indexOf('phase-started')).toBeLessThan(types.indexOf('denoised'));
    expect(types.indexOf('phase-finished')).toBeGreaterThan(types.lastIndexOf('denoised'));
    const losses = events.flatMap((event) => (event.type === 'step' ? [event.metrics['loss']] : []));
    const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length;
    expect(losses).toHaveLength(60);
    expect(mean(losses.slice(-15))).toBeLessThan(0.8 * mean(losses.slice(0, 15)));
    const sheet = await readPicture(join(run.run, 'samples/step-000060.png'));
    expect(sheet.width).toBeGreaterThan(3 * 16 * 4);
  });

  it('trains about the same with f16 layers, and saves the loss scale', async () => {
    const single = await trainSmall(small('single', { steps: 3 }));
    const half = small('half', { steps: 3, precision: 'f16' });
    const { loss, model } = await trainSmall(half);
    expect(Math.abs(loss! - single.loss!)).toBeLessThan(2e-2 * single.loss!);
    expect(loss).not.toBe(single.loss);
    const saved = await openSafetensors(join(half.run, 'checkpoints/step-000003/state.safetensors'));
    expect([...(await saved.float32('loss_scale.good_steps'))]).toEqual([3]);
    await saved.close();
    // The model that is saved is in f32: its weights are those that were trained.
    const weights = await openSafetensors(join(model, 'unet/diffusion_pytorch_model.safetensors'));
    expect(new Set([...weights.tensors.values()].map(({ dtype }) => dtype))).toEqual(new Set(['F32']));
    await weights.close();
  });

  it('averages gradients over micro-batches as over one large batch', async () => {
    const whole = await trainSmall(small('whole', { steps: 3 }));
    const parts = await trainSmall(small('parts', { steps: 3, batchSize: 2, accumulation: 2 }));
    expect(parts.loss).toBeCloseTo(whole.loss!, 4);
    const saved = await openSafetensors(join(folder, 'parts/checkpoints/step-000003/state.safetensors'));
    await saved.close();
    // What adds up over micro-batches is zero after each step.
    expect([...saved.tensors.keys()].filter((name) => name.startsWith('gradient.'))).toEqual([]);
  });

  it('starts stage 2 from the stage 1 network, with its vocabulary', async () => {
    const first = await trainSmall(small('stage1', { stage: 1, steps: 1 }));
    const unet1 = await openSafetensors(join(first.model, 'unet/diffusion_pytorch_model.safetensors'));
    expect([...unet1.tensors.keys()].some((name) => name.startsWith('proj_deal'))).toBe(false);
    // So small a rate that the weights stay where they began.
    const settings = { stage: 2, init: first.model, steps: 1, learningRate: 1e-12, weightDecay: 0 } as const;
    const second = await trainSmall(small('stage2', settings));
    const unet2 = await openSafetensors(join(second.model, 'unet/diffusion_pytorch_model.safetensors'));
    const key = 'conv_in.weight';
    expect(await unet2.float32(key)).toEqual(await unet1.float32(key));
    const added = await unet2.float32('proj_deal.proj_out.weight');
    expect(added.every((value) => Math.abs(value) < 1e-6)).toBe(true);
    await Promise.all([unet1.close(), unet2.close()]);

    const back = trainSmall(small('stage1-again', { stage: 1, init: second.model }));
    await expect(back).rejects.toMatchObject({ code: 'usage', where: '--stage' });
  });

  it('rejects pictures that the levels of the network cannot halve', async () => {
    const odd = trainSmall(small('odd', { size: 18 }));
    await expect(odd).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining('18 pixels') });
  });

  it('rejects stage 2 without rewards, and leaves the folder free for another run', async () => {
    const bare = join(folder, 'bare');
    await writeScenes({ folder: bare, count: 4, seed: 1, size: 16, split: 'train' });
    const run = { ...small('none'), dataset: bare };
    await expect(trainSmall(run)).rejects.toMatchObject({ code: 'bad-input' });
    await trainSmall({ ...run, settings: { stage: 1, steps: 1 } });
  });

  it('extends a run whose learning rate does not depend on the number of steps, to the same bits', async () => {
    const constant = { schedule: 'constant_with_warmup', checkpointEvery: 2 } as const;
    const straight = await trainSmall(small('at-once', { ...constant, steps: 3 }));
    const run = small('extended');
    const first = await trainSmall({ ...run, settings: { ...constant, steps: 2 } });
    const earlier = await weightsOf(first.model);
    const extended = await trainSmall({ ...run, settings: { steps: 3 } });
    expect(extended.events[0]).toEqual({
      type: 'log',
      message: 'The run was extended from 2 to 3 steps.',
    });
    expect(extended.events.filter(({ type }) => type === 'step')).toHaveLength(1);
    expect(await weightsOf(extended.model)).toEqual(await weightsOf(straight.model));
    expect(await weightsOf(join(run.run, 'model-step-000002'))).toEqual(earlier);
    expect(JSON.parse(await readFile(join(run.run, 'config.json'), 'utf8'))).toHaveProperty('steps', 3);
    await expect(trainSmall({ ...run, settings: { steps: 2 } })).rejects.toMatchObject({
      code: 'bad-input',
      message: 'the run has 3 steps, not 2',
    });
  });

  it('rejects the folder of another run, but accepts other intervals of samples and checkpoints', async () => {
    await trainSmall(small('taken', { steps: 2 }));
    await expect(trainSmall(small('taken', { steps: 3 }))).rejects.toMatchObject({
      code: 'bad-input',
      message:
        'a run of 2 steps cannot be extended to 3: its learning rate follows a cosine schedule, which depends on the number of steps',
      hint: expect.stringContaining(`--init ${join(folder, 'taken', 'model')}`),
    });
    const other = trainSmall(small('taken', { steps: 2, seed: 9 }));
    await expect(other).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('seed'),
    });
    await trainSmall(small('taken', { steps: 2, sampleEvery: 1, checkpointEvery: 1 }));
  });
});

describe('the model of a run', () => {
  it('is kept when the command is repeated', async () => {
    const { model } = await trainSmall(small('kept', { steps: 1 }));
    const before = await weightsOf(model);
    const again = await trainSmall(small('kept', { steps: 1 }));
    expect(again.events.filter(({ type }) => type === 'step')).toHaveLength(0);
    expect(await weightsOf(model)).toEqual(before);
  });

  it('is rejected, not replaced, if it was changed', async () => {
    const { model } = await trainSmall(small('changed', { steps: 1 }));
    await writeFile(join(model, 'unet/config.json'), '{}');
    const again = trainSmall(small('changed', { steps: 1 }));
    await expect(again).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('unet/config.json'),
    });
    expect(await readFile(join(model, 'unet/config.json'), 'utf8')).toBe('{}');
  });
});

describe('a run that is stopped', () => {
  it('while drawing samples saves every step, and draws them when it is resumed', async () => {
    const settings = { sampleEvery: 3, sampleCount: 2 };
    const run = small('while-sampling', settings);
    const controller = new AbortController();
    // Samples are drawn with programs of their own, the first of which is compiled at step 3.
    let programs = 0;
    const stopping: Backend = {
      ...backend,
      compile: async (...of) => {
        programs += 1;
        if (programs === 2) controller.abort();
        return backend.compile(...of);
      },
    };
    const stopped = trainSmall({ ...run, backend: stopping, options: { signal: controller.signal } });
    await expect(stopped).rejects.toMatchObject({
      code: 'interrupted',
      message: 'stopped after step 3 of 6; all of them are saved',
    });
    expect(await readdir(join(run.run, 'checkpoints'))).toEqual(['step-000002', 'step-000003']);
    expect(await readdir(join(run.run, 'samples'))).toEqual([]);
    const { events, model } = await trainSmall(run);
    expect(events.flatMap((event) => (event.type === 'sample' ? [event.step] : []))).toEqual([3, 6]);
    const straight = await trainSmall(small('sampled', settings));
    expect(await weightsOf(model)).toEqual(await weightsOf(straight.model));
  });

  it('while drawing the last samples writes its model when it is resumed', async () => {
    const run = small('at-the-end', { steps: 2, sampleCount: 2, sampleEvery: 2 });
    const { error } = await trainUntil(afterStep(2), run);
    expect(error).toMatchObject({ code: 'interrupted' });
    const { events, model } = await trainSmall(run);
    expect(events.map(({ type }) => type)).not.toContain('step');
    expect(events.map(({ type }) => type)).toContain('sample');
    expect(await readdir(model)).toContain('model_index.json');
  });
});

describe('gradients that are not finite', () => {
  const broken = (...runs: number[]) =>
    watched((outputs, run) => {
      if (runs.includes(run)) outputs['gradient_norm'] = Float32Array.of(Number.NaN);
    });

  it('stop the run before the step, which can then be skipped', async () => {
    const run = small('broken', { steps: 4, checkpointEvery: 100 });
    const failing = broken(3);
    const stopped = trainSmall({
      ...run,
      backend: failing.backend,
    });
    await expect(stopped).rejects.toMatchObject({
      code: 'failed',
      hint: expect.stringContaining('--on-non-finite skip'),
    });
    expect(await readdir(join(run.run, 'checkpoints'))).toEqual(['step-000002']);
    expect(failing.open()).toBe(0);
    const skipping = {
      ...run,
      backend: broken(1).backend,
      settings: { ...run.settings, onNonFinite: 'skip' } as const,
    };
    const { events: later } = await trainSmall(skipping);
    expect(later).toContainEqual({
      type: 'warning',
      message: 'step 3 was skipped: its gradients are not finite',
    });
    expect(later.flatMap((event) => (event.type === 'step' ? [event.step] : []))).toEqual([4]);
  });

  it('stop the run even with skipping if there are too many', async () => {
    const all = broken(...Array.from({ length: 50 }, (_, i) => i));
    const run = { ...small('hopeless', { steps: 40, onNonFinite: 'skip' }), backend: all.backend };
    await expect(trainSmall(run)).rejects.toMatchObject({
      code: 'failed',
      message: expect.stringContaining('20 steps in a row'),
    });
  });
});

it('a run that does not fit into memory allocates nothing, including its samples', async () => {
  const needs: number[] = [];
  const tight: Backend = {
    ...backend,
    memoryLimit: () => 1_000_000,
    memory: (plan) => {
      needs.push(plan.programs.length);
      return backend.memory(plan);
    },
    createState: () => Promise.reject(new Error('something was allocated')),
  };
  const run = { ...small('too-large', { sampleCount: 2 }), backend: tight };
  await expect(trainSmall(run)).rejects.toMatchObject({
    code: 'failed',
    message: expect.stringMatching(
      /^Training needs about 0\.\d GB of memory, but onnx:cpu has only 0\.0 GB$/,
    ),
    hint: expect.stringContaining('--sample-count 0'),
  });
  // The step, and of the edit: texts, begin, two branches at once, a step of the sampler, finish.
  expect(needs).toEqual([6]);
});

describe('the resources of a run', () => {
  it('are released however it ends', async () => {
    const done = watched();
    await trainSmall({ ...small('closed', { steps: 2, sampleCount: 1 }), backend: done.backend });
    const failed = watched((_, run) => {
      if (run === 2) throw new Error('the device is gone');
    });
    const run = { ...small('closed-failed', { steps: 4, accumulation: 2 }), backend: failed.backend };
    await expect(trainSmall(run)).rejects.toThrow('the device is gone');
    const refused = watched();
    const compile = { ...refused.backend, compile: () => Promise.reject(new Error('does not compile')) };
    await expect(trainSmall({ ...small('closed-refused'), backend: compile })).rejects.toThrow(
      'does not compile',
    );
    expect([done.open(), failed.open(), refused.open()]).toEqual([0, 0, 0]);
    for (const name of ['closed', 'closed-failed', 'closed-refused']) {
      const left = await readdir(join(folder, name));
      expect(left.filter((file) => file.endsWith('.lock'))).toEqual([]);
    }
  });
});
