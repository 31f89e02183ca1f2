import { join } from 'node:path';
import { createWebGpuBackend } from '@rewardedit/backend-webgpu';
import { createRandom } from '@rewardedit/core';
import {
  createEditor,
  defaultEditSettings,
  editParameters,
  parseSchedulerConfig,
  pixelSpace,
} from '@rewardedit/diffusion';
import {
  stateNames,
  input,
  mean,
  mul,
  sizeOf,
  sub,
  trainingScalars,
  trainingStep,
  type Backend,
  type TensorData,
} from '@rewardedit/graph';
import {
  createNetwork,
  createTokenizer,
  initialParameters,
  parseClipTextConfig,
  parseUNetConfig,
  timestepSinusoids,
  trainTokenizer,
  unet,
  unetInputs,
} from '@rewardedit/models';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NETS } from '../bench/nets.ts';
import { openBackend } from './backends.ts';
import { CHECKS } from './kinds.ts';
import { findSets } from './reference-sets.ts';
import { formatOutcome, passed } from './report.ts';
import { runSet } from './run-set.ts';

const SETS = join(import.meta.dirname, '..', '..', 'fixtures', 'reference');
const LONG = process.env['REWARDEDIT_LONG'] === '1';
/** Sets that a software driver computes in seconds. */
const SHORT_SETS = ['adamw', 'clip-text-tiny'];

const found = await createWebGpuBackend().catch((error: unknown) => {
  if (process.env['CI']) throw error;
  process.stderr.write(`\nSKIPPED: comparing WebGPU with the CPU. ${String(error)}\n\n`);
  return undefined;
});
if (found && !LONG)
  process.stderr.write(
    '\nSKIPPED: the larger reference sets on WebGPU (REWARDEDIT_LONG=1 runs them, in minutes).\n\n',
  );

describe.skipIf(!found)('on WebGPU', { timeout: 300_000 }, () => {
  const gpu = found!;
  let cpu: Backend;
  beforeAll(async () => {
    cpu = await openBackend('onnx');
  });
  afterAll(async () => {
    await cpu.dispose();
    await gpu.dispose();
  });

  test('reference sets are within tolerance', { timeout: 1_200_000 }, async () => {
    for (const set of await findSets(SETS)) {
      if (!LONG && !SHORT_SETS.some((name) => set.folder.endsWith(name))) continue;
      const outcome = await runSet(set, gpu, CHECKS[set.kind]);
      expect(passed(outcome), formatOutcome(outcome, { verbose: false })).toBe(true);
    }
  });

  test('a training run has the same loss curve as on the CPU, to 1e-5', async () => {
    const expected = await lossCurve(cpu);
    expect(expected.at(-1)! / expected[0]).toBeLessThan(0.9);
    (await lossCurve(gpu)).forEach((loss, step) =>
      expect(Math.abs(loss / expected[step] - 1), `step ${step + 1}`).toBeLessThan(1e-5),
    );
  });

  test('an edit gives the same picture as on the CPU, to 1 of 255', async () => {
    const expected = await edited(cpu);
    const data = await edited(gpu);
    expect(new Set(expected).size).toBeGreaterThan(20);
    expect(Math.max(...data.map((value, i) => Math.abs(value - expected[i])))).toBeLessThanOrEqual(1);
  });
});

const ADAMW = { betas: [0.9, 0.999], epsilon: 1e-8, weightDecay: 0.01 } as const;

/** The losses of some steps of the smallest U-Net, with clipping, AdamW and a moving average. */
async function lossCurve(backend: Backend): Promise<number[]> {
  const { batch, size, tokens, config: given } = NETS.smallest;
  const json = {
    ...given,
    block_out_channels: [8],
    down_block_types: ['CrossAttnDownBlock2D'],
    up_block_types: ['CrossAttnUpBlock2D'],
  };
  const config = parseUNetConfig(json);
  const network = createNetwork();
  const output = unet(
    network.scope,
    config,
    unetInputs(config, { batch, height: size, width: size, tokens }),
  );
  const error = sub(output, input('target', output.shape));
  const step = trainingStep({
    loss: mean(mul(error, error)),
    parameters: network.parameters,
    adamw: ADAMW,
    maxNorm: 1,
    ema: true,
  });
  const state = await backend.createState(step.state);
  for (const [name, { shape }] of Object.entries(step.state))
    await state.write(name, new Float32Array(sizeOf(shape)));
  for (const [name, values] of initialParameters(network.specs, 1)) {
    await state.write(name, values);
    await state.write(stateNames.average(name), values);
  }
  const random = createRandom(0, 'loss curve');
  const drawn = (length: number) => {
    const values = new Float32Array(length);
    random.fillNormal(values);
    return values;
  };
  const batchInputs: Record<string, TensorData> = {
    sample: drawn(batch * config.in_channels * size * size),
    encoder_hidden_states: drawn(batch * tokens * json.cross_attention_dim),
    time_proj: timestepSinusoids(config, Array<number>(batch).fill(500)),
    target: drawn(sizeOf(output.shape)),
  };
  const executable = await backend.compile(step, state);
  const losses: number[] = [];
  for (let i = 1; i <= 6; i++) {
    const scalars = trainingScalars({ step: i, learningRate: 2e-2, adamw: ADAMW, emaDecay: 0.9 });
    losses.push((await executable.run({ ...batchInputs, ...scalars })).loss[0]);
  }
  await executable.dispose();
  await state.dispose();
  return losses;
}

/** The pixels of a small picture edited by a network of random weights in three steps, with guidance. */
async function edited(backend: Backend): Promise<number[]> {
  const TOKENS = 8;
  const tokenizer = createTokenizer(trainTokenizer(['make it red'], { merges: 10, maxLength: TOKENS }));
  const model = {
    tokens: TOKENS,
    space: pixelSpace(2),
    coordinates: true,
    scheduler: parseSchedulerConfig({ timestep_spacing: 'trailing', prediction_type: 'sample' }),
    textEncoder: parseClipTextConfig({
      vocab_size: Object.keys(tokenizer.files.vocabulary).length,
      hidden_size: 8,
      intermediate_size: 8,
      num_hidden_layers: 1,
      num_attention_heads: 2,
      max_position_embeddings: TOKENS,
      eos_token_id: tokenizer.endId,
    }),
    unet: parseUNetConfig({ ...NETS.smallest.config, in_channels: 26, out_channels: 12 }),
  };
  const parameters = editParameters(model);
  const state = await backend.createState(parameters);
  for (const [name, values] of initialParameters(parameters, 1)) await state.write(name, values);
  const editor = createEditor({ model, tokenizer, backend, state });
  const size = { width: 8, height: 8 };
  const picture = { ...size, data: Uint8Array.from({ length: 192 }, (_, i) => (i * 37) % 256) };
  const [{ data }] = await editor.edit([{ key: 'one', picture, instruction: 'make it red' }], {
    ...defaultEditSettings(model),
    steps: 3,
    textScale: 3,
  });
  await editor.dispose();
  await state.dispose();
  return [...data];
}
