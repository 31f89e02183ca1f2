import {
  TEXT_ENCODER,
  feedbackInputs,
  feedbackNetwork,
  feedbackTexts,
  joinArrays,
  pipelineOf,
  textInputs,
  textNetwork,
  typesToTrain,
  type EditModelConfig,
  type LanguageStateSource,
  type Precision,
  type PipelineSample,
} from '@rewardedit/diffusion';
import type { Reward } from '@rewardedit/core';
import { cast, program, type Backend, type Program, type State, type TensorData } from '@rewardedit/graph';
import { createNetwork, textWidth, type Tokenizer } from '@rewardedit/models';
import { openComputedStore, stateDigest } from './computed-store.ts';

/** A sample's texts. */
export interface TextSample extends PipelineSample {
  /** The reward with the feedback for the network, if any. */
  readonly feedback: Reward | undefined;
}

/** Makes the text inputs of a training step. */
export interface TextSource {
  values(samples: readonly TextSample[]): Promise<Record<string, TensorData>>;
  close(): Promise<void>;
}

/** Passes texts as token ids: the network encodes them in each step, so the text encoder can be trained. */
export function textsAsIds(
  model: EditModelConfig,
  tools: {
    readonly tokenizer: Tokenizer;
    readonly states?: LanguageStateSource | undefined;
    /** Whether the text encoder gets the instructions too. */
    readonly aligns?: boolean;
  },
): TextSource {
  const { reward } = model.unet;
  return {
    values: async (samples) => ({
      ...(await pipelineOf(model).values(samples, tools)),
      ...(tools.aligns === true &&
        textInputs(
          model,
          tools.tokenizer,
          samples.map(({ instruction = '' }) => instruction),
        )),
      ...(reward &&
        feedbackInputs(
          model,
          tools.tokenizer,
          samples.flatMap(({ feedback }) => feedbackTexts(reward, feedback)),
        )),
    }),
    close: async () => undefined,
  };
}

/** Builds the programs that encode one instruction and one feedback text. */
export function textPrograms(
  model: EditModelConfig,
  precision: Precision,
): { readonly context: Program; readonly pooled?: Program | undefined } {
  const network = () => createNetwork(typesToTrain(precision));
  const { reward } = model.unet;
  const pooled = reward && feedbackNetwork(model, { ...reward, tokens: 'one-each' }, 1, network());
  return {
    context: program({ outputs: { values: cast(textNetwork(model, 1, network()), 'f32') } }),
    pooled: pooled && program({ outputs: { values: cast(pooled, 'f32') } }),
  };
}

/**
 * Encodes texts once, with a frozen text encoder. Results are stored next to the dataset under a hash of the token ids and the encoder's weights,
 * so a changed text or encoder is encoded again.
 *
 * @param state the text encoder's weights, under their own names.
 */
export async function encodedTexts(
  model: EditModelConfig,
  {
    tokenizer,
    state,
    backend,
    dataset,
    precision,
  }: {
    readonly tokenizer: Tokenizer;
    readonly state: State;
    readonly backend: Backend;
    readonly dataset: string;
    readonly precision: Precision;
  },
): Promise<TextSource> {
  const { reward, class_embed_type: byPosition } = model.unet;
  const digest = await stateDigest(state);
  const about = JSON.stringify({ precision, byPosition, encoder: model.textEncoder });
  const programs = textPrograms(model, precision);

  async function encoder(what: 'context' | 'pooled', shape: readonly number[]) {
    const store = await openComputedStore(dataset, 'texts', { values: shape });
    const executable = await backend.compile(programs[what]!, { [TEXT_ENCODER]: state });
    return {
      encode: async (inputs: Record<string, TensorData>) => {
        const parts = Object.keys(inputs)
          .toSorted()
          .map((name) => inputs[name]);
        const { values } = await store.get([what, digest, about, ...parts], async () => ({
          values: (await executable.run(inputs))['values'] as Float32Array,
        }));
        return values;
      },
      dispose: () => executable.dispose(),
    };
  }

  const instructions = await encoder('context', [model.tokens, textWidth(model.unet)]);
  const feedback = reward && (await encoder('pooled', [reward.text_width]));
  return {
    async values(samples) {
      const contexts = await Promise.all(
        samples.map(({ instruction = '' }) =>
          instructions.encode(textInputs(model, tokenizer, [instruction])),
        ),
      );
      const pooled =
        reward &&
        (await Promise.all(
          samples
            .flatMap((sample) => feedbackTexts(reward, sample.feedback))
            .map((text) => feedback!.encode(feedbackInputs(model, tokenizer, [text]))),
        ));
      return { context: joinArrays(contexts), ...(pooled && { feedback: joinArrays(pooled) }) };
    },
    async close() {
      await instructions.dispose();
      await feedback?.dispose();
    },
  };
}
