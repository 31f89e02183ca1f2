// npm run interop -- --from MODEL --out DIR [--python PYTHON] [--published CLONE]
// Trains a few steps from a model in diffusers' layout, edits with the results, and runs diffusers, PEFT and
// the U-Net class of the published reward code on the same files (interop.py): their pictures must equal
// ours. README.md lists the requirements.
import { spawnSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { createOnnxBackend } from '@rewardedit/backend-onnx';
import { createRandom } from '@rewardedit/core';
import { knownReward, openDataset, readPicture, writePng, writeScenes } from '@rewardedit/data';
import {
  SAMPLERS,
  createEditor,
  createNoiseSchedule,
  defaultEditSettings,
  drawsNoise,
  loadEditModel,
  spaceOf,
  type EditSettings,
} from '@rewardedit/diffusion';
import type { Backend } from '@rewardedit/graph';
import { writeSafetensors } from '@rewardedit/models';
import { resolveTrainConfig, train, type TrainSettings } from '@rewardedit/train';
import { forwardCase } from './forward-case.ts';

const SCRIPT = join(import.meta.dirname, '..', '..', 'interop', 'interop.py');
const STEPS = 4;
const INSTRUCTION = 'make it red';

const { values } = parseArgs({
  options: {
    from: { type: 'string' },
    out: { type: 'string' },
    size: { type: 'string', default: '32' },
    python: { type: 'string', default: process.env['PYTHON'] ?? 'python3' },
    published: { type: 'string' },
  },
});
const { from, out, python, published } = values;
if (from === undefined || out === undefined)
  throw new Error(
    'Usage: interop -- --from MODEL --out DIR [--size 32] [--python PYTHON] [--published CLONE]',
  );
const size = Number(values.size);

const backend = await createOnnxBackend();
try {
  const dataset = join(out, 'scenes');
  await writeScenes({ folder: dataset, count: 8, seed: 1, size, split: 'train' });
  await writeRewards(dataset);
  const common = { init: from, size, steps: 2, batchSize: 2, accumulation: 1, sampleCount: 0, flips: false };
  const trained = (name: string, settings: TrainSettings) =>
    trainModel(dataset, join(out, name), { ...common, learningRate: 1e-3, ...settings }, backend);
  const unet = await trained('unet', { stage: 1 });
  await trained('lora', {
    ...{ stage: 1, train: ['lora'], learningRate: 2e-2 },
    ...{ loraRank: 4, loraAlpha: 8, loraConvolutions: true },
  });
  const rewarded = await trained('rewarded', { stage: 2, rewardLayers: 'published' });

  const picture = join(out, 'picture.png');
  for await (const { original } of (await openDataset(dataset)).triplets()) {
    await writePng(picture, await readPicture(join(dataset, original)));
    break;
  }
  const lora = join(out, 'lora', 'pytorch_lora_weights.safetensors');
  const cases = [
    await pictureCase('a model that was trained here', { model: unet }),
    await pictureCase('a LoRA file that was trained here', { model: from, lora }),
    await pictureCase('the same, half as strong', { model: from, lora, strength: 0.5 }),
    await forwardCase('a stage 2 of the published form', { model: rewarded, folder: out, size, backend }),
  ];
  await writeFile(join(out, 'cases.json'), JSON.stringify(cases, null, 2));

  async function pictureCase(
    name: string,
    { model, lora, strength = 1 }: { model: string; lora?: string; strength?: number },
  ) {
    const folder = join(out!, name.replaceAll(' ', '-'));
    await mkdir(folder);
    const parts = await loadEditModel(model, backend, { loras: lora ? [{ path: lora, strength }] : [] });
    const defaults = defaultEditSettings(parts.model);
    const settings: EditSettings = {
      ...defaults,
      steps: STEPS,
      textScale: 3,
      imageScale: 1.5,
      rewardScale: 0,
    };
    const editor = createEditor(parts);
    const source = await readPicture(picture);
    const [edited] = await editor.edit([{ key: '', picture: source, instruction: INSTRUCTION }], settings);
    await editor.dispose();
    await parts.state.dispose();
    await writePng(join(folder, 'ours.png'), edited);
    // The random numbers of the edit: first the initial noise, then those of each step, if the sampler draws
    // any.
    const { channels, width, height } = spaceOf(parts.model, source);
    const sampler = SAMPLERS[settings.sampler](createNoiseSchedule(parts.model.scheduler), STEPS);
    const count = 1 + (drawsNoise(sampler) ? STEPS : 0);
    const noise = new Float32Array(count * channels * height * width);
    const random = createRandom(settings.seed, 'edit', '');
    for (let i = 0; i < count; i++)
      random.fillNormal(noise.subarray((i * noise.length) / count, ((i + 1) * noise.length) / count));
    await writeSafetensors(
      join(folder, 'noise.safetensors'),
      { noise: { shape: [count, channels, height, width] } },
      () => noise,
    );
    const { textScale, imageScale } = settings;
    return {
      ...{
        kind: 'picture',
        name,
        model: resolve(model),
        picture: resolve(picture),
        instruction: INSTRUCTION,
      },
      ...{ steps: STEPS, textScale, imageScale, folder: resolve(folder) },
      ...(lora && { lora: resolve(lora), strength }),
    };
  }
} finally {
  await backend.dispose();
}

const words = published === undefined ? [] : ['--published', published];
const { status } = spawnSync(python, [SCRIPT, join(out, 'cases.json'), ...words], { stdio: 'inherit' });
process.exitCode = status ?? 1;

async function trainModel(dataset: string, run: string, settings: TrainSettings, backend: Backend) {
  const config = await resolveTrainConfig(settings);
  return (await train({ dataset, run, config, backend })).model;
}

async function writeRewards(dataset: string): Promise<void> {
  const lines: string[] = [];
  for await (const { id, faults = [] } of (await openDataset(dataset)).triplets())
    lines.push(JSON.stringify({ id, reward: knownReward(faults) }));
  await writeFile(join(dataset, 'rewards.jsonl'), `${lines.join('\n')}\n`);
}
