import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRandom } from '@rewardedit/core';
import {
  claimStore,
  computedStates,
  createEditor,
  defaultEditSettings,
  loadEditModel,
  openStateStore,
  stateKey,
  storeConfigOf,
  storedStates,
  type AskedStates,
} from '@rewardedit/diffusion';
import type { Backend } from '@rewardedit/graph';
import {
  initialParameters,
  openModelFolder,
  openWeights,
  smartEditConfigSchema,
  smartEditParameters,
  writeModelFolder,
  type OpenedModel,
} from '@rewardedit/models';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { visitAskedStates } from './dataset-states.ts';
import { smallSmartEdit } from './smartedit-preset.ts';
import {
  afterStep,
  oneThread,
  trainSmall,
  trainUntil,
  weightsOf,
  writeScored,
} from './small-run.test.helper.ts';

const PROMPT = 'edit: {instruction} <img_0><img_1>';
const [POSITIONS, WIDTH] = [2, 6];
const signal = new AbortController().signal;

let folder: string;
let dataset: string;
let backend: Backend;
let model: string;
let store: string;
let passes = 0;

/** In the place of a language model: numbers that depend on picture and instruction. */
async function compute(asked: AskedStates): Promise<Float32Array> {
  passes += 1;
  const values = new Float32Array(POSITIONS * WIDTH);
  createRandom(0, stateKey(asked)).fillNormal(values);
  return values;
}

function pixels(images: OpenedModel['images']) {
  if ('pixelSpace' in images) return images;
  throw new Error('the small model works on pixels.');
}

/** A small trained model, with a new SmartEdit before it that reads stored states. */
async function readingStates(from: string, to: string): Promise<void> {
  const opened = await openModelFolder(from);
  const [unet, textEncoder] = [await openWeights(opened, 'unet'), await openWeights(opened, 'textEncoder')];
  const small = smallSmartEdit({ vocabulary: 9, words: 32, size: 16, width: 64, channels: 32 });
  const config = smartEditConfigSchema.parse({
    ...small,
    language: { kind: 'stored', positions: POSITIONS, width: WIDTH, model: 'tiny-llama', prompt: PROMPT },
    qformer: { ...small.qformer, encoder_width: WIDTH },
  });
  const values = new Map(initialParameters(smartEditParameters(config), 7));
  await writeModelFolder(to, {
    unet: { config: opened.unet, read: unet.read },
    textEncoder: { config: opened.textEncoder, read: textEncoder.read },
    smartEdit: { config, read: async (name) => values.get(name)! },
    tokenizer: opened.tokenizer.files,
    scheduler: opened.scheduler,
    images: pixels(opened.images),
  });
  await Promise.all([unet.close(), textEncoder.close()]);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'stored-states-'));
  backend = await oneThread();
  dataset = await writeScored(join(folder, 'scenes'));
  const settings = { stage: 1 as const, steps: 1 } as const;
  const first = await trainSmall({ dataset, run: join(folder, 'first'), backend, settings });
  model = join(folder, 'model');
  await readingStates(first.model, model);
  store = join(folder, 'store');
  const { smartEdit } = await openModelFolder(model);
  const language = smartEdit?.language;
  if (language?.kind !== 'stored') throw new Error('the model reads stored states.');
  await claimStore(store, storeConfigOf(smartEdit!, language));
  const source = computedStates(await openStateStore(store), compute);
  const visit = async (asked: AskedStates) => void (await source.statesOf(asked));
  const options = { size: 16, flips: true, signal, emit: () => undefined, visit };
  await visitAskedStates(dataset, smartEdit!, options);
});
afterAll(async () => {
  await backend.dispose();
  await rm(folder, { recursive: true });
});

const settings = {
  ...{ stage: 2 as const, steps: 3, sampleCount: 1, sampleEvery: 3, conditioningDropout: 0.2 },
  train: ['qformer', 'interaction', 'rewards', 'unet'],
} as const;

describe('a model that reads stored states', () => {
  it('trains with rewards from a store alone, bit for bit the same after an interruption', async () => {
    const before = passes;
    const init = { ...settings, init: model, train: [...settings.train] };
    const states = await storedStates(await openStateStore(store));
    const options = { states };
    const whole = { dataset, run: join(folder, 'whole'), backend, settings: init, options };
    const { model: trained, events } = await trainSmall(whole);
    expect(events.filter(({ type }) => type === 'warning')).toEqual([]);
    const cut = { ...whole, run: join(folder, 'cut') };
    expect((await trainUntil(afterStep(1), cut)).error).toMatchObject({ code: 'interrupted' });
    const resumed = await trainSmall(cut);
    expect(await weightsOf(resumed.model)).toEqual(await weightsOf(trained));
    const file = (path: string) => readFile(join(path, 'smartedit', 'model.safetensors'));
    expect(await file(resumed.model)).toEqual(await file(trained));
    // Control, rewards and every score read the same states: none was made again.
    expect(passes).toBe(before);
  });

  it('is rejected without a store, with one of another language model, or with an incomplete one', async () => {
    const run = join(folder, 'refused');
    const init = { ...settings, init: model, train: [...settings.train] };
    await expect(trainSmall({ dataset, run, backend, settings: init })).rejects.toThrow('none are given');
    const other = { model: 'other', template: 'x', statesOf: compute };
    await expect(
      trainSmall({ dataset, run, backend, settings: init, options: { states: other } }),
    ).rejects.toThrow('another language model (other instead of tiny-llama)');
    const loaded = await loadEditModel(model, backend);
    const states = await storedStates(await openStateStore(store));
    const editor = createEditor({ ...loaded, states });
    const picture = { width: 16, height: 16, data: new Uint8Array(768).fill(9) };
    const asked = defaultEditSettings(loaded.model);
    const request = { key: 'a', picture, instruction: 'never asked before' };
    await expect(editor.edit([request], asked)).rejects.toThrow('no states of "never asked before"');
    await editor.dispose();
    await loaded.state.dispose();
  });
});
