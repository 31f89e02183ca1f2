import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stateNames, type Backend } from '@rewardedit/graph';
import { openSafetensors } from '@rewardedit/models';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrainConfig } from './config.ts';
import {
  afterStep,
  oneThread,
  trainSmall,
  trainUntil,
  weightsOf,
  writeScored,
} from './small-run.test.helper.ts';
import { partOf, trainableNames, type TrainedPart } from './trainable.ts';

const NAMES = [
  'text_encoder.text_model.final_layer_norm.weight',
  'unet.conv_in.weight',
  'unet.add_embedding2.linear_1.weight',
  'unet.mid_block.attentions.0.transformer_blocks.0.attn1.to_q.weight',
  'unet.mid_block.attentions.0.transformer_blocks.0.attn1.to_q.lora_A.weight',
];

describe('trainableNames', () => {
  it('are those of the selected parts', () => {
    expect(NAMES.map(partOf)).toEqual(['text-encoder', 'unet', 'rewards', 'unet', 'lora']);
    expect(trainableNames({ train: ['all'] }, NAMES)).toEqual(NAMES);
    expect(trainableNames({ train: ['rewards', 'text-encoder'] }, NAMES)).toEqual([NAMES[0], NAMES[2]]);
  });

  it('are never empty, nor all combined with a part', () => {
    const plain = NAMES.filter((name) => partOf(name) !== 'rewards');
    expect(() => trainableNames({ train: ['rewards'] }, plain)).toThrow('no reward layers');
    expect(() => trainableNames({ train: ['all', 'unet'] }, NAMES)).toThrow('all and unet');
  });
});

let folder: string;
let dataset: string;
let backend: Backend;
/** A stage 2 to go on with. */
let init: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-parts-'));
  dataset = await writeScored(join(folder, 'scenes'));
  backend = await oneThread();
  init = (await trainSmall({ dataset, run: join(folder, 'base'), backend, settings: { steps: 2 } })).model;
});

afterAll(async () => {
  await backend.dispose();
  await rm(folder, { recursive: true });
});

const CASES: {
  name: string;
  settings: Partial<TrainConfig>;
  trained: TrainedPart[];
  changed: TrainedPart[];
}[] = [
  {
    name: 'a frozen text encoder',
    settings: { train: ['unet', 'rewards'] },
    trained: ['unet', 'rewards'],
    changed: ['unet', 'rewards'],
  },
  // LoRA layers end up in the weights of the U-Net.
  {
    name: 'a frozen U-Net with LoRA layers',
    settings: { train: ['lora'], loraConvolutions: true },
    trained: ['lora'],
    changed: ['unet'],
  },
  {
    name: 'reward layers alone, without averages',
    settings: { train: ['rewards'], emaDecay: 0 },
    trained: ['rewards'],
    changed: ['rewards'],
  },
];

/** All tensors of a model, by their names in the state. */
async function tensorsOf(model: string): Promise<Map<string, Float32Array>> {
  const tensors = new Map<string, Float32Array>();
  const files = {
    unet: 'unet/diffusion_pytorch_model.safetensors',
    text_encoder: 'text_encoder/model.safetensors',
  };
  for (const [prefix, name] of Object.entries(files)) {
    const file = await openSafetensors(join(model, name));
    for (const key of file.tensors.keys()) tensors.set(`${prefix}.${key}`, await file.float32(key));
    await file.close();
  }
  return tensors;
}

describe.each(CASES)('$name', ({ name, settings, trained, changed }) => {
  const of = (run: string) => ({
    dataset,
    run: join(folder, `${name} ${run}`),
    backend,
    settings: { init, steps: 4, ...settings },
  });

  it('trains and saves only that, and resumes bit for bit', async () => {
    const straight = await trainSmall(of('straight'));
    await trainUntil(afterStep(3), of('stopped'));
    const resumed = await trainSmall(of('stopped'));
    expect(resumed.events).toContainEqual({ type: 'resumed', step: 3 });
    expect(await weightsOf(resumed.model)).toEqual(await weightsOf(straight.model));

    const saved = await openSafetensors(join(of('stopped').run, 'checkpoints/step-000004/state.safetensors'));
    const names = new Set(saved.tensors.keys());
    await saved.close();
    const weights = [...names].filter((key) => /^(unet|text_encoder)\./.test(key));
    expect(new Set(weights.map(partOf))).toEqual(new Set(trained));
    const kept = weights.flatMap((key) => [
      key,
      stateNames.firstMoment(key),
      stateNames.secondMoment(key),
      ...(settings.emaDecay === 0 ? [] : [stateNames.average(key)]),
    ]);
    expect([...names].toSorted()).toEqual(kept.toSorted());

    const [before, after] = [await tensorsOf(init), await tensorsOf(straight.model)];
    expect([...after.keys()].toSorted()).toEqual([...before.keys()].toSorted());
    const moved = [...after.keys()].filter((key) => !isSame(after.get(key)!, before.get(key)!));
    expect(new Set(moved.map(partOf))).toEqual(new Set(changed));
  });

  it('reports what is trained and what is frozen', async () => {
    const { events } = await trainSmall({ ...of('told'), settings: { ...of('told').settings, steps: 1 } });
    const [told] = events.flatMap((event) => (event.type === 'log' ? [event.message] : []));
    expect(told).toMatch(
      new RegExp(`^Trained: ${trained.join(', ')} \\([\\d,]+ values in \\d+ tensors\\); frozen: `),
    );
  });
});

function isSame(a: Float32Array, b: Float32Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

describe('frozen weights', () => {
  it('must not change after the run began', async () => {
    const other = (
      await trainSmall({ dataset, run: join(folder, 'other-base'), backend, settings: { steps: 1 } })
    ).model;
    const run = {
      dataset,
      run: join(folder, 'swapped'),
      backend,
      settings: { init: other, train: ['rewards'] as TrainedPart[] },
    };
    await trainUntil(afterStep(3), run);
    await rm(join(folder, 'other-base'), { recursive: true });
    await trainSmall({ dataset, run: join(folder, 'other-base'), backend, settings: { steps: 1, seed: 5 } });
    await expect(trainSmall(run)).rejects.toMatchObject({
      code: 'bad-input',
      message: 'the frozen weights have changed since the run began',
    });
  });

  it('cannot include the U-Net of a new model', async () => {
    const lora = trainSmall({
      dataset,
      run: join(folder, 'nothing'),
      backend,
      settings: { train: ['lora'] },
    });
    await expect(lora).rejects.toMatchObject({ code: 'usage', hint: expect.stringContaining('--init') });
  });
});
