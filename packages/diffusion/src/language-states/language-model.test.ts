import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openForeignModel, writeOnnxModels } from '@rewardedit/backend-onnx';
import type { Picture } from '@rewardedit/data';
import { concat, evaluate, input, program, type TensorData } from '@rewardedit/graph';
import {
  clipVision,
  clipVisionConfigSchema,
  createNetwork,
  imageVectors,
  initialParameters,
  llama,
  llamaConfigSchema,
  tokenVectors,
} from '@rewardedit/models';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clipValues } from '../pipelines/index.ts';
import { openLanguageModel, type LanguageModel } from './language-model.ts';
import { computedStates } from './state-sources.ts';
import { openStateStore } from './state-store.ts';
import { claimStore, type StoreConfig } from './store-config.ts';

const WORDS = ['[UNK]', 'see', ':', 'remove', 'paint', 'the', 'circle', 'red'];
const ANSWER = ['<img_0>', '<img_1>', '<img_2>'];
const CONFIG: StoreConfig = {
  format: 'rewardedit-states-1',
  model: 'tiny-llava',
  prompt: `see : {instruction} ${ANSWER.join('')}`,
  positions: 3,
  width: 16,
  side: 8,
};
const TOKENIZER = {
  version: '1.0',
  added_tokens: ANSWER.map((content, i) => ({
    ...{ id: WORDS.length + i, content, special: true, normalized: false },
    ...{ single_word: false, lstrip: false, rstrip: false },
  })),
  normalizer: null,
  pre_tokenizer: { type: 'Whitespace' },
  post_processor: null,
  decoder: null,
  model: {
    type: 'WordLevel',
    vocab: Object.fromEntries(WORDS.map((word, id) => [word, id])),
    unk_token: '[UNK]',
  },
};
/** A prompt of so many tokens: an exported graph of ours has one length. */
const TOKENS = 8;

/** A decoder of LLaMA's shape behind CLIP's vision tower and LLaVA's projector, as its export is laid out. */
function network() {
  const built = createNetwork();
  const { scope } = built;
  const llamaConfig = llamaConfigSchema.parse({
    ...{ vocab_size: WORDS.length + ANSWER.length, hidden_size: CONFIG.width, intermediate_size: 24 },
    ...{ num_hidden_layers: 2, num_attention_heads: 2 },
  });
  const tower = clipVisionConfigSchema.parse({
    ...{ hidden_size: 8, intermediate_size: 16, num_hidden_layers: 2, num_attention_heads: 2 },
    ...{ image_size: CONFIG.side, patch_size: 4 },
  });
  const features = clipVision(scope.at('vision_tower'), tower, input('pixel_values', [1, 3, 8, 8]));
  const words = tokenVectors(scope, llamaConfig, input('input_ids', [1, TOKENS], 'i32'));
  const states = llama(scope, llamaConfig, concat([imageVectors(scope, llamaConfig, features), words], 1));
  return { specs: built.specs, program: program({ outputs: { hidden_states: states } }) };
}

const square: Picture = {
  width: 8,
  height: 8,
  data: Uint8Array.from({ length: 192 }, (_, i) => (i * 29) % 256),
};

let folder: string;
let weights: Map<string, TensorData>;
let language: LanguageModel;
const net = network();
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'llm-'));
  weights = new Map(initialParameters(net.specs, 1));
  await claimStore(folder, CONFIG);
  await writeFile(join(folder, 'tokenizer.json'), JSON.stringify(TOKENIZER));
  await writeOnnxModels(folder, { model: { program: net.program } }, async (name) => weights.get(name)!);
  language = await openLanguageModel(folder, (path) => openForeignModel(path, { threads: 1 }));
});
afterAll(async () => {
  await language.dispose();
  await rm(folder, { recursive: true });
});

describe('an exported language model', () => {
  it('returns the states at the image tokens, from one pass over the prompt with its answer', async () => {
    const found = await language.compute({ picture: square, instruction: 'remove the circle' });
    const ids = Int32Array.of(1, 2, 3, 5, 6, 8, 9, 10);
    const { outputs } = evaluate(net.program, {
      inputs: { input_ids: ids, pixel_values: clipValues(square) },
      state: Object.fromEntries(weights),
    });
    const expected = outputs['hidden_states'].slice(-3 * CONFIG.width);
    const difference = Math.max(...Array.from(found, (value, i) => Math.abs(value - expected[i])));
    expect(found).toHaveLength(expected.length);
    expect(difference).toBeLessThan(1e-5);
  });

  it('fills a store once, with different states for another picture or instruction', async () => {
    const store = join(folder, 'store');
    await claimStore(store, CONFIG);
    let passes = 0;
    const compute = (asked: Parameters<LanguageModel['compute']>[0]) => {
      passes += 1;
      return language.compute(asked);
    };
    const source = computedStates(await openStateStore(store), compute);
    const asked = { picture: square, instruction: 'remove the circle' };
    const first = await source.statesOf(asked);
    expect(await source.statesOf(asked)).toEqual(first);
    const other = { ...square, data: square.data.toReversed() };
    expect(await source.statesOf({ ...asked, picture: other })).not.toEqual(first);
    expect(await source.statesOf({ ...asked, instruction: 'paint the circle' })).not.toEqual(first);
    expect(passes).toBe(3);
    expect((await openStateStore(store)).size).toBe(3);
  });

  it('rejects special tokens in an instruction, and pictures of another size', async () => {
    await expect(language.compute({ picture: square, instruction: 'remove <img_1> it' })).rejects.toThrow(
      'a special token of the language model',
    );
    const wide = { width: 4, height: 4, data: square.data.slice(0, 48) };
    await expect(language.compute({ picture: wide, instruction: 'remove the circle' })).rejects.toThrow(
      'squares of 8 pixels, but the editing model squares of 4',
    );
    await expect(language.compute({ picture: square, instruction: 'remove the red circle' })).rejects.toThrow(
      'Running',
    );
  });

  it('is rejected if its tokenizer does not know the answer', async () => {
    const other = join(folder, 'other');
    await claimStore(other, { ...CONFIG, prompt: 'see {instruction} the circle red' });
    await writeFile(join(other, 'tokenizer.json'), JSON.stringify(TOKENIZER));
    await expect(openLanguageModel(other, openForeignModel)).rejects.toThrow(
      'does not end with 3 image tokens',
    );
  });
});
