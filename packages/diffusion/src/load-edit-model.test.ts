import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOnnxBackend } from '@rewardedit/backend-onnx';
import type { Backend } from '@rewardedit/graph';
import { openModel, rewriteModel, writeSafetensors, writeSingleFile } from '@rewardedit/models';
import { writeTinyModel } from '@rewardedit/models/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadEditModel, type EditModelOptions } from './load-edit-model.ts';

let folder: string;
let model: string;
let backend: Backend;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'load-edit-model-'));
  model = join(folder, 'model');
  await writeTinyModel(model, { reward: {} });
  backend = await createOnnxBackend({ threads: 1 });
});
afterAll(async () => {
  await backend.dispose();
  await rm(folder, { recursive: true });
});

async function weights(path: string, options?: EditModelOptions) {
  const { state } = await loadEditModel(path, backend, options);
  const names = Object.keys(state.specs);
  const values = await Promise.all(names.map((name) => state.read(name)));
  await state.dispose();
  return Object.fromEntries(names.map((name, i) => [name, values[i]]));
}

it('loads the same model from a folder and from a single file next to an architecture folder', async () => {
  const single = join(folder, 'single.safetensors');
  await writeSingleFile(await openModel(model), single);
  const expected = await weights(model);
  expect(Object.keys(expected)).toContain('unet.add_embedding.linear_1.weight');
  expect(await weights(single, { architecture: model })).toEqual(expected);
  await expect(weights(single)).rejects.toMatchObject({ code: 'usage', where: single });
  await writeSingleFile(await openModel(model), join(model, 'beside.safetensors'));
  expect(await weights(join(model, 'beside.safetensors'))).toEqual(expected);
  await expect(weights(model, { architecture: model })).rejects.toMatchObject({ code: 'usage' });
});

it('merges LoRA files into the weights they adapt, and changes no others', async () => {
  const lora = join(folder, 'lora.safetensors');
  const layer = 'unet.mid_block.attentions.0.transformer_blocks.0.attn2.to_v';
  const word = 'text_encoder.text_model.encoder.layers.0.mlp.fc1';
  const tensors = Object.fromEntries(
    [layer, word].flatMap((name) => [
      [`${name}.lora_A.weight`, { shape: [2, 8] }],
      [`${name}.lora_B.weight`, { shape: [8, 2] }],
    ]),
  );
  await writeSafetensors(lora, tensors, () => Float32Array.from({ length: 16 }, (_, i) => i / 16));
  const merged = join(folder, 'merged');
  const loras = [{ path: lora, strength: 0.5 }];
  await rewriteModel(await openModel(model), merged, { loras });
  const [plain, adapted] = [await weights(model), await weights(model, { loras })];
  expect(adapted).toEqual(await weights(merged));
  const changed = Object.keys(plain).filter((name) =>
    plain[name].some((value, i) => value !== adapted[name][i]),
  );
  expect(changed.toSorted()).toEqual([`${word}.weight`, `${layer}.weight`].toSorted());
});
