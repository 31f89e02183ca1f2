import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RewardEditError, fromSystemError } from '@rewardedit/core';
import type { TensorData } from '@rewardedit/graph';
import { Tokenizer } from '@huggingface/tokenizers';
import { clipValues, type AskedStates } from '../pipelines/index.ts';
import { readStoreConfig, type StoreConfig } from './store-config.ts';

/** A language model that computes states itself. */
export interface LanguageModel {
  readonly config: StoreConfig;
  /**
   * The states at the image tokens, [positions, width] flat, from one forward pass: nothing is generated.
   *
   * @throws RewardEditError 'bad-input' for an instruction that the model's prompt has no place for.
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

/** How a network's file is called, what it takes, and what it gives. */
const NETWORK = 'model.onnx';
const INPUTS = { ids: 'input_ids', picture: 'pixel_values' } as const;
const OUTPUT = 'hidden_states';

/**
 * Opens a folder with a multimodal language model: `states.json` as in a store, `tokenizer.json`, and `model.onnx` (weights in files
 * beside it), which takes `input_ids` [1, N] and `pixel_values` [1, 3, side, side], normalized for CLIP, and gives `hidden_states`
 * [1, M, width] behind the last norm, those of the prompt's last tokens last.
 *
 * @throws RewardEditError 'bad-input' where the prompt does not end with as many tokens of their own as there are positions.
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
      `the prompt does not end with ${config.positions} image tokens, each a token of its own`,
      { where: join(folder, 'states.json'), hint: 'the tokenizer must know them as added tokens' },
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
          `the language model sees squares of ${side} pixels, the model those of ${picture.width}`,
          { where: folder },
        );
      }
      const ids = encode(instruction);
      // A token such as <img_0> in an instruction would be taken for the answer's.
      if (marks(ids).join() !== marks(empty).join()) {
        throw new RewardEditError(
          'bad-input',
          'the instruction holds a token that means something to the language model',
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
          `the network gives no ${OUTPUT} ${width} wide for ${positions} positions`,
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
    throw new RewardEditError('bad-input', `the tokenizer cannot be read (${String(cause)})`, {
      where: path,
      cause,
    });
  }
}
