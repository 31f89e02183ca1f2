import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writePng } from '@rewardedit/data';
import { openModel, writeSafetensors, writeSingleFile } from '@rewardedit/models';
import { writeTinyModel } from '@rewardedit/models/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runJson } from './run-cli.test.helper.ts';

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
