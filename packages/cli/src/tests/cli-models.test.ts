import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOnnxBackend } from '@rewardedit/backend-onnx';
import { createRandom } from '@rewardedit/core';
import { writePng } from '@rewardedit/data';
import {
  SAMPLERS,
  createEditor,
  createNoiseSchedule,
  defaultEditSettings,
  loadEditModel,
  toPixelSpace,
} from '@rewardedit/diffusion';
import { openModel, writeSafetensors, writeSingleFile } from '@rewardedit/models';
import { writeTinyModel } from '@rewardedit/models/testing';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCli, runJson } from './run-cli.test.helper.ts';

let folder: string;
let model: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cli-models-'));
  model = join(folder, 'model');
  await writeTinyModel(model);
});
afterAll(() => rm(folder, { recursive: true }));

it('edit takes one file and LoRA files, and names what does not fit', async () => {
  const single = join(folder, 'single.safetensors');
  await writeSingleFile(await openModel(model), single);
  const picture = join(folder, 'picture.png');
  await writePng(picture, { width: 16, height: 16, data: new Uint8Array(3 * 16 * 16).fill(90) });
  const [good, bad] = ['good', 'bad'].map((name) => join(folder, `${name}.safetensors`));
  const layer = 'unet.mid_block.attentions.0.transformer_blocks.0.attn2.to_v';
  for (const [path, name] of [
    [good, layer],
    [bad, 'unet.other'],
  ]) {
    const tensors = {
      [`${name}.lora_A.weight`]: { shape: [1, 8] },
      [`${name}.lora_B.weight`]: { shape: [8, 1] },
    };
    await writeSafetensors(path, tensors, () => new Float32Array(8).fill(0.1));
  }
  const edit = (lora: string) =>
    runJson([
      ...['edit', picture, 'make it red', '--model', single, '--architecture', model, '--lora', lora],
      ...['--steps', '1', '--size', '16', '--threads', '1', '--out', join(folder, 'edited.png')],
    ]);
  const { exitCode, document } = await edit(`${good}:0.5`);
  expect({ exitCode, document }).toMatchObject({
    exitCode: 0,
    document: { width: 16, height: 16, model: single, lora: [{ path: good, strength: 0.5 }] },
  });
  const refused = await edit(bad);
  expect(refused.exitCode).toBe(3);
  expect(JSON.stringify(refused.document)).toContain('unet.other.lora_A.weight');
});

it('model export writes models that plain ONNX Runtime runs, and gives what the editor gives', async () => {
  const rewarded = join(folder, 'rewarded');
  await writeTinyModel(rewarded, { reward: { tokens: 'per-perspective', score_scale: 10, mask: true } });
  const out = join(folder, 'exported');
  const { exitCode, document } = await runJson(['model', 'export', rewarded, '--size', '16', '--out', out]);
  expect({ exitCode, document }).toMatchObject({ exitCode: 0, document: { out } });
  const run = async (file: string, inputs: Record<string, Tensor>) => {
    const session = await InferenceSession.create(join(out, file));
    const results = await session.run(inputs);
    await session.release();
    return Object.values(results)[0];
  };
  const floats = (values: Float32Array, ...shape: number[]) => new Tensor('float32', values, shape);
  const ids = (values: ArrayLike<number>, ...shape: number[]) =>
    new Tensor('int32', Int32Array.from(values), shape);

  const backend = await createOnnxBackend({ threads: 1 });
  const parts = await loadEditModel(rewarded, backend);
  const { model, tokenizer } = parts;
  const picture = { width: 16, height: 16, data: Uint8Array.from({ length: 768 }, (_, i) => (i * 37) % 256) };
  const settings = { ...defaultEditSettings(model), steps: 2, textScale: 1, imageScale: 1, rewardScale: 0 };
  const editor = createEditor(parts);
  const [edited] = await editor.edit([{ key: '', picture, instruction: 'make it red' }], settings);
  await editor.dispose();
  await backend.dispose();

  // The same by hand: encode, two steps of DDIM, decode.
  const feedback = ['Nothing failed.', 'Nothing failed.', 'Nothing failed.'];
  const feedbackIds = tokenizer.encodeBatch(feedback, 8);
  const positions = feedback.map((_, i) => feedbackIds.indexOf(tokenizer.endId, 8 * i) - 8 * i);
  const context = await run('text_encoder/model.onnx', {
    input_ids: ids(tokenizer.encodeBatch(['make it red'], 8), 1, 8),
  });
  const pooled = await run('text_encoder/feedback.onnx', {
    feedback_ids: ids(feedbackIds, 3, 8),
    feedback_positions: ids(positions, 3),
  });
  const source = await run('vae_encoder/model.onnx', {
    sample: floats(toPixelSpace(picture, 1), 1, 3, 16, 16),
  });
  const sampler = SAMPLERS[settings.sampler](createNoiseSchedule(model.scheduler), settings.steps, {});
  let latent = new Float32Array(4 * 8 * 8);
  createRandom(settings.seed, 'edit', '').fillNormal(latent);
  latent = latent.map((value) => value * sampler.initialSigma);
  for (const [i, { inputScale, picture: x0, next }] of sampler.steps.entries()) {
    const sample = [...latent.map((value) => value * inputScale), ...(source.data as Float32Array)];
    const { data } = await run('unet/model.onnx', {
      sample: floats(Float32Array.from(sample), 1, 8, 8, 8),
      timestep: floats(Float32Array.of(sampler.timesteps[i]), 1),
      encoder_hidden_states: context,
      scores: floats(Float32Array.of(5, 5, 5), 1, 3),
      feedback: floats(pooled.data as Float32Array, 1, 24),
      reward_mask: floats(Float32Array.of(1), 1),
    });
    const said = data as Float32Array;
    latent = latent.map((value, j) => {
      const predicted = x0.output * said[j] + x0.sample * value;
      return (next.output ?? 0) * said[j] + (next.sample ?? 0) * value + (next.picture ?? 0) * predicted;
    });
  }
  const decoded = await run('vae_decoder/model.onnx', { latent_sample: floats(latent, 1, 4, 8, 8) });
  const byHand = decoded.data as Float32Array;
  toPixelSpace(edited, 1).forEach((value, i) =>
    expect(Math.abs(value - Math.min(Math.max(byHand[i], -1), 1))).toBeLessThan(1.5 / 127.5),
  );
});

it("model convert says what SmartEdit's checkpoint needs beside it", async () => {
  const published = join(folder, 'SmartEdit-7B');
  await mkdir(join(published, 'embeddings_qformer'), { recursive: true });
  const words = [published, '--architecture', model, '--out', join(folder, 'converted')];
  const { exitCode, stderr } = await runCli(['model', 'convert', ...words]);
  expect(exitCode).toBe(2);
  expect(stderr).toContain('requires --vision');
});
