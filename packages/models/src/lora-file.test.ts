import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loraLayers, withLora, writeLora } from './lora-file.ts';
import { loraParameters, mergedWithLora } from './lora.ts';
import { initialParameters, type ParameterSpecs } from './parameters.ts';
import { writeSafetensors } from './safetensors-writer.ts';
import { openSafetensors } from './safetensors.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lora-'));
});
afterAll(() => rm(folder, { recursive: true }));

const NAME = 'mid_block.attentions.0.transformer_blocks.0.attn1.to_q.weight';
const spec = { shape: [4, 3], dtype: 'f32', initialization: { kind: 'normal', deviation: 1 } } as const;
const UNET: ParameterSpecs = { [NAME]: spec };
const PIPELINE: ParameterSpecs = { [`unet.${NAME}`]: spec };
const SETTINGS = { rank: 2, alpha: 6, convolutions: false };

function drawn(specs: ParameterSpecs) {
  // B as well, which starts at zero.
  const normal = Object.entries(specs).map(([name, each]) => [
    name,
    { ...each, initialization: spec.initialization },
  ]);
  return new Map(initialParameters(Object.fromEntries(normal) as ParameterSpecs, 5));
}

it('is written so that whoever merges it, with no word on alpha, gets what the training had', async () => {
  const parameters = loraParameters(PIPELINE, SETTINGS);
  const values = drawn({ ...PIPELINE, ...parameters });
  const read = async (name: string) => values.get(name)!;
  const path = join(folder, 'own.safetensors');
  await writeLora(path, parameters, SETTINGS, read);
  const file = await openSafetensors(path);
  const layers = loraLayers(file, UNET);
  const merged = await withLora(file, layers.get(NAME), values.get(`unet.${NAME}`)!);
  await file.close();
  const expected = await mergedWithLora(`unet.${NAME}`, read, parameters, SETTINGS);
  Array.from(expected).forEach((value, i) => expect(merged[i]).toBeCloseTo(value, 5));
});

it("is read in diffusers' older layout, with an alpha of its own, and at another strength", async () => {
  const path = join(folder, 'older.safetensors');
  const layer = `unet.${NAME.replace(/\.weight$/, '')}`;
  const values: Record<string, Float32Array> = {
    [`${layer}.lora.down.weight`]: Float32Array.of(1, 2, 3),
    [`${layer}.lora.up.weight`]: Float32Array.of(1, 0, 0, 2),
    [`${layer}.alpha`]: Float32Array.of(0.5),
  };
  const shapes = {
    [`${layer}.lora.down.weight`]: { shape: [1, 3] },
    [`${layer}.lora.up.weight`]: { shape: [4, 1] },
    [`${layer}.alpha`]: { shape: [] },
  };
  await writeSafetensors(path, shapes, (name) => values[name]);
  const file = await openSafetensors(path);
  const merged = await withLora(file, loraLayers(file, UNET).get(NAME), new Float32Array(12), 2);
  await file.close();
  expect([...merged]).toEqual([1, 2, 3, 0, 0, 0, 0, 0, 0, 2, 4, 6]);
});

it('is refused by name where it belongs to another model', () => {
  const entry = (...shape: number[]) => ({ dtype: 'F32' as const, shape, begin: 0, end: 0 });
  const fits = (tensors: Record<string, ReturnType<typeof entry>>) => () =>
    loraLayers({ path: 'x.safetensors', tensors: new Map(Object.entries(tensors)) }, UNET);
  const layer = `unet.${NAME.replace(/\.weight$/, '')}`;
  expect(fits({ 'text_encoder.q.lora_A.weight': entry(1, 3) })).toThrow('text_encoder.q.lora_A.weight');
  expect(fits({ [`${layer}.lora_A.weight`]: entry(1, 3) })).toThrow('only one of its two parts');
  expect(fits({ [`${layer}.lora_A.weight`]: entry(1, 3), [`${layer}.lora_B.weight`]: entry(5, 1) })).toThrow(
    'other shapes',
  );
  expect(fits({})).toThrow('nothing in it');
});
