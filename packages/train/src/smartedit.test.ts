import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEditor, defaultEditSettings, denoiserValues, loadEditModel } from '@rewardedit/diffusion';
import { program, type Backend } from '@rewardedit/graph';
import {
  initialParameters,
  openModelFolder,
  openSafetensors,
  smartEditParameters,
  writeSafetensors,
} from '@rewardedit/models';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { TrainSettings } from './config.ts';
import { defaultsFor } from './defaults.ts';
import { textsAsIds } from './encoded-texts.ts';
import { trainingPrograms } from './objective.ts';
import {
  afterStep,
  trainUntil,
  oneThread,
  trainSmall,
  weightsOf,
  writeScored,
} from './small-run.test.helper.ts';

let folder: string;
let dataset: string;
let backend: Backend;
let model: string;
const settings = { pipeline: 'smartedit', steps: 3, conditioningDropout: 0.2, mapDropout: 0.2 } as const;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'smartedit-'));
  backend = await oneThread();
  dataset = await writeScored(join(folder, 'scenes'));
});
afterAll(async () => {
  await backend.dispose();
  await rm(folder, { recursive: true });
});

/** The same model, whose Q-Former puts out nothing but its last bias. */
async function modelWithEqualQueries(from: string, to: string): Promise<string> {
  await cp(from, to, { recursive: true });
  const path = join(to, 'smartedit', 'model.safetensors');
  const file = await openSafetensors(path);
  const values = new Map<string, Float32Array>();
  for (const name of file.tensors.keys()) values.set(name, await file.float32(name));
  const shapes = [...file.tensors].map(([name, { shape }]) => [name, { shape }] as const);
  await file.close();
  const last = [...values.keys()].filter((name) => name.endsWith('output_query.LayerNorm.weight')).at(-1)!;
  values.get(last)!.fill(0);
  values.get(last.replace('weight', 'bias'))!.fill(1);
  await writeSafetensors(path, Object.fromEntries(shapes), (name) => values.get(name)!);
  return to;
}

const smartEditWeights = (path: string) => readFile(join(path, 'smartedit', 'model.safetensors'));

describe('SmartEdit, trained from scratch', () => {
  it('is the same bit for bit after an interruption, and reports the spread of its queries', async () => {
    const whole = await trainSmall({ dataset, run: join(folder, 'whole'), backend, settings });
    model = whole.model;
    const spreads = whole.events.flatMap((event) =>
      event.type === 'step' ? [event.metrics['querySpread']] : [],
    );
    expect(spreads).toHaveLength(3);
    expect(spreads.every((spread) => spread > 0.1)).toBe(true);

    const cut = { dataset, run: join(folder, 'cut'), backend, settings };
    const { error } = await trainUntil(afterStep(1), cut);
    expect(error).toMatchObject({ code: 'interrupted' });
    const resumed = await trainSmall(cut);
    expect(await weightsOf(resumed.model)).toEqual(await weightsOf(model));
    expect(await smartEditWeights(resumed.model)).toEqual(await smartEditWeights(model));
  });

  it('is written with its configuration, and keeps the random positions', async () => {
    const { smartEdit, unet } = await openModelFolder(model);
    expect(smartEdit?.language).toMatchObject({ kind: 'decoder', queries_from_words: true });
    expect(unet.reward?.order).toBe('feature-map-first');
    const drawn = Object.fromEntries(initialParameters(smartEditParameters(smartEdit!), 0));
    const file = await openSafetensors(join(model, 'smartedit', 'model.safetensors'));
    const fixed = 'pe_layer.positional_encoding_gaussian_matrix';
    expect(await file.float32(fixed)).toEqual(drawn[fixed]);
    expect(await file.float32('sd_query_tokens')).not.toEqual(drawn['sd_query_tokens']);
    await file.close();
  });

  it('edits pictures of other proportions, with every branch of guidance, and depends on the instruction', async () => {
    const parts = await loadEditModel(model, backend);
    const editor = createEditor(parts);
    const data = Uint8Array.from({ length: 3 * 24 * 16 }, (_, i) => (i * 37) % 256);
    const picture = { width: 24, height: 16, data };
    const draw = async (instruction: string, mapScale = 0) => {
      const asked = {
        ...defaultEditSettings(parts.model),
        steps: 1,
        textScale: 2,
        imageScale: 1.5,
        rewardScale: 0.5,
        mapScale,
      };
      const [{ data }] = await editor.edit([{ key: 'a', picture, instruction }], asked);
      return [...data];
    };
    const [one, other] = [await draw('remove the red circle'), await draw('make it night')];
    expect(one).toHaveLength(3 * 24 * 16);
    expect(one).not.toEqual(other);
    expect(await draw('make it night')).toEqual(other);
    // A branch without the feature map to guide away from.
    expect(await draw('make it night', 5)).not.toEqual(other);
    await editor.dispose();
    await parts.state.dispose();
  });

  it('can be added to a trained U-Net, with queries aligned to its text encoder', async () => {
    const first = await trainSmall({ dataset, run: join(folder, 'first'), backend, settings: { stage: 1 } });
    const align: TrainSettings = {
      ...({ init: first.model, pipeline: 'smartedit', stage: 1, objective: 'alignment' } as const),
      ...{ steps: 20, batchSize: 8, learningRate: 5e-3, languageWeight: 0.01, conditioningDropout: 0.2 },
    };
    const aligned = await trainSmall({ dataset, run: join(folder, 'aligned'), backend, settings: align });
    const steps = aligned.events.flatMap((event) => (event.type === 'step' ? [event.metrics] : []));
    expect(steps[19]['loss']).toBeLessThan(steps[0]['loss'] / 2);
    expect(steps[19]['languageLoss']).toBeLessThan(steps[0]['languageLoss']);
    // What it is compared with, and what does not belong to it, stays as it was.
    expect(await weightsOf(aligned.model)).toEqual(await weightsOf(first.model));
    const log = aligned.events.flatMap((event) => (event.type === 'log' ? [event.message] : [])).join();
    expect(log).toMatch(/^Trained: image-encoder, language-model, qformer .*; frozen: .*unet/);

    const wrong: TrainSettings = { ...align, train: ['unet'] };
    await expect(
      trainSmall({ dataset, run: join(folder, 'wrong'), backend, settings: wrong }),
    ).rejects.toThrow('the alignment does not train unet');
  });

  it('gets no feature map if it is dropped, nor by default without an instruction', async () => {
    const { model: config, state } = await loadEditModel(model, backend);
    await state.dispose();
    const told = { timestep: 1, reward: undefined };
    const samples = [true, false].flatMap((text) => [true, false].map((map) => ({ ...told, text, map })));
    const mapped = (withoutText: boolean) => {
      const smartEdit = { ...config.smartEdit!, map_without_text: withoutText };
      return [...denoiserValues({ ...config, smartEdit }, samples)['mapped']];
    };
    expect(mapped(false)).toEqual([1, 0, 0, 0]);
    expect(mapped(true)).toEqual([1, 0, 1, 0]);
  });

  it('is aligned by samples with an instruction only', async () => {
    const { model: config, tokenizer, state } = await loadEditModel(model, backend);
    const learned = { model: config, lora: undefined, texts: 'as-ids' as const };
    const trainable = new Set(['sd_query_tokens']);
    const data = Uint8Array.from({ length: 3 * 16 * 16 }, (_, i) => (i * 37) % 256);
    const picture = { width: 16, height: 16, data };
    const source = textsAsIds(config, { tokenizer, aligns: true });
    const lossOf = async (instructions: (string | undefined)[]) => {
      const settings = { objective: 'alignment', batchSize: instructions.length } as const;
      const defaults = { ...defaultsFor('scenes'), loraAlpha: 1, accumulation: 1 };
      const { batch } = trainingPrograms({ ...learned, trainable }, { ...defaults, ...settings });
      // The loss alone: it reads nothing that training adds to the state.
      const alone = program({ outputs: { loss: batch.outputs.loss } });
      const executable = await backend.compile(alone, state);
      const values = await source.values(
        instructions.map((instruction) => ({ picture, instruction, feedback: undefined })),
      );
      const inputs = Object.entries(values).filter(([name]) => name in alone.inputs);
      const { loss } = await executable.run(Object.fromEntries(inputs) as never);
      await executable.dispose();
      return loss[0];
    };
    const alone = await lossOf(['make it night']);
    expect(alone).toBeGreaterThan(0);
    expect(await lossOf(['make it night', undefined, undefined])).toBeCloseTo(alone, 5);
    expect(await lossOf([undefined])).toBe(0);
    await state.dispose();
  });

  it('warns if all queries are the same', async () => {
    const equal = await modelWithEqualQueries(model, join(folder, 'equal'));
    const settings: TrainSettings = { init: equal, stage: 2, steps: 2, train: ['unet'], learningRate: 1e-9 };
    const { events } = await trainSmall({ dataset, run: join(folder, 'warned'), backend, settings });
    const warnings = events.flatMap((event) => (event.type === 'warning' ? [event.message] : []));
    expect(warnings.filter((message) => message.includes('all queries'))).toHaveLength(1);
  });

  it('rejects settings that do not apply to its pipeline', async () => {
    const run = join(folder, 'refused');
    const wrong = { init: model, pipeline: 'instruct-pix2pix' } as const;
    const alone = { objective: 'alignment' } as const;
    await expect(trainSmall({ dataset, run, backend, settings: alone })).rejects.toThrow('only SmartEdit');
    await expect(trainSmall({ dataset, run, backend, settings: { languageWeight: 1 } })).rejects.toThrow(
      'no language model to train',
    );
    await expect(trainSmall({ dataset, run, backend, settings: wrong })).rejects.toThrow(
      'has the pipeline smartedit',
    );
    await expect(trainSmall({ dataset, run, backend, settings: { mapDropout: 0.1 } })).rejects.toThrow(
      'no feature map',
    );
    const part = { train: ['qformer' as const, 'unet' as const] };
    await expect(trainSmall({ dataset, run, backend, settings: part })).rejects.toThrow('no Q-Former');
  });
});
