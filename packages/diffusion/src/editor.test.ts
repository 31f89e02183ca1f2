import { createOnnxBackend } from '@rewardedit/backend-onnx';
import type { Reward } from '@rewardedit/core';
import type { Picture } from '@rewardedit/data';
import type { Backend, State, TensorData } from '@rewardedit/graph';
import {
  createTokenizer,
  initialParameters,
  parseClipTextConfig,
  parseUNetConfig,
  rewardConfigSchema,
  trainTokenizer,
} from '@rewardedit/models';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { editModelConfig, type EditModelConfig } from './edit-network.ts';
import { createEditor, defaultEditSettings, editParameters, type EditSettings } from './editor.ts';
import { parseSchedulerConfig } from './scheduler-config.ts';

const TOKENS = 8;
const tokenizer = createTokenizer(
  trainTokenizer(['make it red', 'make it blue'], { merges: 20, maxLength: TOKENS }),
);

/** A network of random weights, so that everything it is told changes what it answers. */
const model: EditModelConfig = {
  tokens: TOKENS,
  pixelSpace: { space: 'pixel', patch_size: 2, coordinates: true },
  scheduler: parseSchedulerConfig({
    beta_schedule: 'squaredcos_cap_v2',
    rescale_betas_zero_snr: true,
    timestep_spacing: 'trailing',
    prediction_type: 'sample',
    residual: true,
  }),
  textEncoder: parseClipTextConfig({
    vocab_size: Object.keys(tokenizer.files.vocabulary).length,
    hidden_size: 16,
    intermediate_size: 16,
    num_hidden_layers: 1,
    num_attention_heads: 2,
    max_position_embeddings: TOKENS,
    eos_token_id: tokenizer.endId,
  }),
  unet: parseUNetConfig({
    in_channels: 26,
    out_channels: 12,
    block_out_channels: [16],
    layers_per_block: 1,
    down_block_types: ['CrossAttnDownBlock2D'],
    up_block_types: ['CrossAttnUpBlock2D'],
    attention_head_dim: 2,
    cross_attention_dim: 16,
    norm_num_groups: 4,
    reward: rewardConfigSchema.parse({
      text_width: 16,
      score_width: 16,
      norm_num_groups: 4,
      score_scale: 10,
    }),
  }),
};

const SIZE = { width: 8, height: 12 };
/** Values of one row of the U-Net's input, at squares of 2 x 2 pixels. */
const ROW = (model.unet.in_channels * SIZE.width * SIZE.height) / 4;
const picture = (shift: number): Picture => ({
  ...SIZE,
  data: Uint8Array.from({ length: 3 * SIZE.width * SIZE.height }, (_, i) => (i * 37 + shift * 90) % 256),
});
const reward = (score: number): Reward => ({
  scores: { following: score, preserving: score, quality: score },
  feedback: {},
});

let backend: Backend;
let state: State;

beforeAll(async () => {
  backend = await createOnnxBackend({ threads: 1 });
  const parameters = editParameters(model);
  const specs = Object.entries(parameters).map(([name, { shape }]) => [
    name,
    { shape, dtype: 'f32' as const },
  ]);
  state = await backend.createState(Object.fromEntries(specs));
  for (const [name, values] of initialParameters(parameters, 1)) await state.write(name, values);
});
afterAll(() => backend.dispose());

async function edit(
  settings: Partial<EditSettings>,
  pictures = [picture(0)],
  instruction = 'make it red',
  on = backend,
) {
  const editor = createEditor({ model, tokenizer, backend: on, state }, SIZE);
  const requests = pictures.map((one) => ({ picture: one, instruction }));
  const edited = await editor.edit(requests, { ...defaultEditSettings(), steps: 4, ...settings });
  await editor.dispose();
  return edited.map(({ data }) => [...data]);
}

const distance = (a: readonly number[], b: readonly number[]) =>
  a.reduce((total, value, i) => total + Math.abs(value - b[i]), 0) / a.length;

describe('an editor', () => {
  it('gives the same picture for the same settings, and keeps its size', async () => {
    const [first] = await edit({});
    expect(first).toHaveLength(3 * SIZE.width * SIZE.height);
    expect(await edit({})).toEqual([first]);
  });

  it('is told the seed, the instruction, the scores, the feedback and each of the scales', async () => {
    const [plain] = await edit({ textScale: 2, imageScale: 1.5 });
    const changes: Partial<EditSettings>[] = [
      { seed: 1 },
      { reward: reward(1) },
      { reward: { ...reward(5), feedback: { quality: 'make it blue' } } },
      { textScale: 4 },
      { imageScale: 3 },
      { rewardScale: 2 },
      { sampler: 'euler-ancestral' },
    ];
    for (const change of changes) {
      const [changed] = await edit({ textScale: 2, imageScale: 1.5, ...change });
      expect(distance(changed, plain), JSON.stringify(change)).toBeGreaterThan(0);
    }
    const [other] = await edit({ textScale: 2, imageScale: 1.5 }, [picture(0)], 'make it blue');
    expect(distance(other, plain)).toBeGreaterThan(0);
  });

  it('is guided in the steps that are named, and in all of them where none are', async () => {
    const scales = { textScale: 3, imageScale: 2, rewardScale: 1 };
    const [everywhere, middle, nowhere, unguided] = [
      await edit(scales),
      await edit({ ...scales, guidedSteps: [2, 3] }),
      await edit({ ...scales, guidedSteps: [5, 9] }),
      await edit({ textScale: 1, imageScale: 1, rewardScale: 0 }),
    ];
    expect(await edit({ ...scales, guidedSteps: [1, 4] })).toEqual(everywhere);
    expect(nowhere).toEqual(unguided);
    for (const other of [everywhere, nowhere]) expect(distance(middle[0], other[0])).toBeGreaterThan(0);
  });

  it('runs one row a picture in steps that are not guided', async () => {
    const rows: number[] = [];
    const counting: Backend = {
      ...backend,
      compile: async (...given) => {
        const executable = await backend.compile(...given);
        return {
          ...executable,
          run: (inputs) => {
            const { sample } = inputs as Record<string, TensorData>;
            if (sample) rows.push(sample.length / ROW);
            return executable.run(inputs);
          },
        };
      },
    };
    const scales = { textScale: 3, imageScale: 2, rewardScale: 1 };
    await edit({ ...scales, guidedSteps: [2, 3] }, [picture(0), picture(1)], 'make it red', counting);
    expect(rows).toEqual([2, 8, 8, 2]);
  });

  it('edits pictures together as it edits each alone, to a rounding of the last bit', async () => {
    const together = await edit({}, [picture(0), picture(1)]);
    const [alone] = await edit({}, [picture(1)]);
    expect(distance(together[1], alone)).toBeLessThan(0.02);
  });

  it('takes a missing score for something else than any score', async () => {
    const [missing] = await edit({ rewardScale: 0, reward: { scores: {}, feedback: {} } });
    for (const score of [0, 1, 5]) {
      const [given] = await edit({ rewardScale: 0, reward: reward(score) });
      expect(distance(missing, given)).toBeGreaterThan(0);
    }
  });

  it('never draws what is not a number', async () => {
    const [name] = Object.keys(editParameters(model)).filter((key) => key.endsWith('conv_out.bias'));
    const values = await state.read(name);
    await state.write(
      name,
      values.map(() => Number.NaN),
    );
    await expect(edit({})).rejects.toMatchObject({
      code: 'failed',
      message: expect.stringContaining('not numbers'),
    });
    await state.write(name, values);
  });

  it('stops between two steps when it is asked to', async () => {
    const editor = createEditor({ model, tokenizer, backend, state }, SIZE);
    const controller = new AbortController();
    const done: number[] = [];
    const run = editor.edit(
      [{ picture: picture(0), instruction: 'make it red' }],
      { ...defaultEditSettings(), steps: 4 },
      {
        signal: controller.signal,
        onStep: (step) => {
          done.push(step);
          if (step === 2) controller.abort();
        },
      },
    );
    await expect(run).rejects.toThrow('aborted');
    expect(done).toEqual([1, 2]);
    await editor.dispose();
  });
});

it('refuses a U-Net that takes other channels than there are', () => {
  const parts = { ...model, scheduler: { _class_name: 'DDIMScheduler', ...model.scheduler }, tokenizer };
  expect(editModelConfig(parts).pixelSpace.coordinates).toBe(true);
  const without = { ...parts, pixelSpace: { space: 'pixel' as const, patch_size: 2 } };
  expect(() => editModelConfig(without)).toThrow('takes 26 channels; noisy edit and source have 24');
});
