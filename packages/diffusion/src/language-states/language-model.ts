import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RewardEditError, fromSystemError } from '@rewardedit/core';
import type { TensorData } from '@rewardedit/graph';
import { Tokenizer } from '@huggingface/tokenizers';
import { clipValues, type AskedStates } from '../pipelines/index.ts';
import { readStoreConfig, type StoreConfig } from './store-config.ts';

/** An external language model that computes states. */
export interface LanguageModel {
  readonly config: StoreConfig;
  /**
   * Returns the hidden states at the image tokens, [positions, width] flat, from one forward pass without generation.
   *
   * @throws RewardEditError 'bad-input' for an instruction that contains one of the prompt's special tokens.
   */
  compute(asked: AskedStates): Promise<Float32Array>;
  dispose(): Promise<void>;
}

/** What runs the exported network: `openForeignModel` of the ONNX backend. */
export interface ExportedNetwork {
  run(
    inputs: Readonly<
      Record<string, { readonly values: Float32Array | Int32Array; readonly shape: readonly number[] }>
    >,
  ): Promise<Readonly<Record<string, TensorData>>>;
  dispose(): Promise<void>;
}

/** The network's file, inputs and output. */
const NETWORK = 'model.onnx';
const INPUTS = { ids: 'input_ids', picture: 'pixel_values' } as const;
const OUTPUT = 'hidden_states';

/**
 * Opens a folder with a multimodal language model: `states.json` as in a store, `tokenizer.json`, and `model.onnx` (weights may be in
 * external files). The network maps `input_ids` [1, N] and `pixel_values` [1, 3, side, side], normalized for CLIP, to `hidden_states`
 * [1, M, width] after the final norm, of which the last positions belong to the prompt's last tokens.
 *
 * @throws RewardEditError 'bad-input' if the prompt does not end with as many distinct added tokens as there are positions.
 */
export async function openLanguageModel(
  folder: string,
  openNetwork: (path: string) => Promise<ExportedNetwork>,
): Promise<LanguageModel> {
  const config = await readStoreConfig(folder);
  const tokenizer = await openTokenizer(join(folder, 'tokenizer.json'));
  const encode = (instruction: string) =>
    tokenizer.encode(
      config.prompt.replace('{instruction}', () => instruction),
      { add_special_tokens: false },
    ).ids;
  const own = new Set(tokenizer.get_added_tokens_decoder().keys());
  const marks = (ids: readonly number[]) => ids.filter((id) => own.has(id));
  const empty = encode('');
  const answer = empty.slice(-config.positions);
  if (
    answer.length < config.positions ||
    new Set(answer).size < config.positions ||
    marks(answer).length < config.positions
  ) {
    throw new RewardEditError(
      'bad-input',
      `the prompt does not end with ${config.positions} image tokens, each an added token of the tokenizer`,
      { where: join(folder, 'states.json'), hint: 'add the image tokens to the tokenizer as added tokens' },
    );
  }
  const network = await openNetwork(join(folder, NETWORK));
  return {
    config,
    async compute({ picture, instruction }) {
      const { side, positions, width } = config;
      if (picture.width !== side || picture.height !== side) {
        throw new RewardEditError(
          'bad-input',
          `the language model sees squares of ${side} pixels, but the editing model squares of ${picture.width}`,
          { where: folder },
        );
      }
      const ids = encode(instruction);
      // A token such as <img_0> in an instruction would be mistaken for the answer's.
      if (marks(ids).join() !== marks(empty).join()) {
        throw new RewardEditError(
          'bad-input',
          'the instruction contains a special token of the language model',
          {
            where: JSON.stringify(instruction),
          },
        );
      }
      const outputs = await network.run({
        [INPUTS.ids]: { values: Int32Array.from(ids), shape: [1, ids.length] },
        [INPUTS.picture]: { values: clipValues(picture), shape: [1, 3, side, side] },
      });
      const states = outputs[OUTPUT];
      if (
        !(states instanceof Float32Array) ||
        states.length % width !== 0 ||
        states.length < positions * width
      ) {
        throw new RewardEditError(
          'bad-input',
          `the network's output ${OUTPUT} does not have a width of ${width} and at least ${positions} positions`,
          {
            where: join(folder, NETWORK),
          },
        );
      }
      return states.slice(-positions * width);
    },
    dispose: network.dispose,
  };
}

async function openTokenizer(path: string): Promise<Tokenizer> {
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw fromSystemError(error, { doing: 'open the tokenizer', path });
  });
  try {
    return new Tokenizer(JSON.parse(text) as object, {});
  } catch (cause) {
    throw new RewardEditError('bad-input', `the tokenizer is invalid (${String(cause)})`, {
      where: path,
      cause,
    });
  }
}
