import { contactSheet, writePng } from '@rewardedit/data';
import {
  createEditor,
  defaultEditSettings,
  editMemory,
  typesToTrain,
  type EditHooks,
  type LanguageStateSource,
} from '@rewardedit/diffusion';
import type { Backend, MemoryNeed, MemoryPlan, State } from '@rewardedit/graph';
import type { ReadWeight } from '@rewardedit/models';
import type { TrainConfig } from './config.ts';
import type { Example } from './examples.ts';
import type { TrainedModel } from './model.ts';
import { ownSpecs } from './own-parameters.ts';
import type { RunWeights } from './run-weights.ts';
import { usedEntry } from './used-entry.ts';

/** Pixels a side that a picture on the sheet has after it was enlarged, at most so many times. */
const SEEN = 256;
const MOST_ENLARGED = 4;

/** What samples are drawn with. */
export interface SampleSource {
  readonly backend: Backend;
  /** Where its weights lie; samples are drawn with the averages of those that are trained. */
  readonly weights: RunWeights;
  /** The autoencoder's weights, where the model has one. */
  readonly autoencoder?: State | undefined;
  /** Reads the weights of the model as it is to be used, from that state. */
  readonly used: ReadWeight;
  /** Where the states of a language model come from that is no part of the model. */
  readonly states?: LanguageStateSource | undefined;
}

/** What drawing so many samples needs, together with the training that is on the backend beside it. */
export function memoryWithSamples(
  trained: TrainedModel,
  requests: number,
  { seed, size: side, precision }: TrainConfig,
  backend: Backend,
  training: MemoryPlan,
): MemoryNeed {
  const { model, lora } = trained;
  const merged = lora ? [ownSpecs(trained)] : [];
  const settings = { ...defaultEditSettings(model), seed };
  const size = { width: side, height: side };
  const types = typesToTrain(precision);
  return editMemory({ model, requests, size, settings, types }, backend, {
    states: [...training.states, ...merged],
    programs: training.programs,
  });
}

/** Draws what the model makes of some examples now: original, the edit it was shown, its own edit at the highest scores. */
export async function drawSamples(
  path: string,
  trained: TrainedModel,
  { backend, weights: { state, textEncoder }, autoencoder, used, states }: SampleSource,
  {
    examples,
    config,
    hooks,
  }: {
    examples: readonly Example[];
    config: TrainConfig;
    /** Told of each step of the sampler; may end the drawing between two. */
    hooks: EditHooks;
  },
): Promise<void> {
  const { model, tokenizer, lora } = trained;
  // With LoRA layers, the weights that a model is used with lie nowhere yet.
  const merged = lora && (await usedState(trained, backend, used));
  const weights = merged ? { state: merged } : { state, aliases: usedEntries(trained, config) };
  const encoders = { autoencoder, textEncoder };
  const types = typesToTrain(config.precision);
  const editor = createEditor({ model, tokenizer, backend, types, states, ...encoders, ...weights });
  try {
    const requests = examples.map(({ source, triplet }) => ({
      key: triplet.id,
      picture: source,
      instruction: triplet.instruction,
    }));
    const settings = { ...defaultEditSettings(model), seed: config.seed };
    const edited = await editor.edit(requests, settings, hooks);
    const rows = examples.map(({ source, edited: shown, triplet }, i) => ({
      title: triplet.instruction,
      cells: [
        { picture: source, caption: 'original' },
        { picture: shown, caption: 'in the data' },
        { picture: edited[i], caption: 'edited' },
      ],
    }));
    // Small pictures are enlarged until one sees what is on them.
    const enlarge = Math.min(Math.max(Math.floor(SEEN / config.size), 1), MOST_ENLARGED);
    await writePng(path, contactSheet(rows, { enlarge }));
  } finally {
    await editor.dispose();
    await merged?.dispose();
  }
}

/** The entries that what is trained is used from, by its names. */
function usedEntries({ trainable }: TrainedModel, config: TrainConfig): Record<string, string> {
  return Object.fromEntries(Array.from(trainable, (name) => [name, usedEntry(name, config)]));
}

/** A state with the weights of the model as it is to be used. */
async function usedState(trained: TrainedModel, backend: Backend, used: ReadWeight): Promise<State> {
  const state = await backend.createState(ownSpecs(trained));
  try {
    for (const name of Object.keys(state.specs)) await state.write(name, await used(name));
    return state;
  } catch (error) {
    await state.dispose();
    throw error;
  }
}
