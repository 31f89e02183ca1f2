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

/** Small pictures are enlarged to about this many pixels a side, by at most this factor. */
const SEEN = 256;
const MOST_ENLARGED = 4;

/** The model to draw samples with. */
export interface SampleSource {
  readonly backend: Backend;
  /** The run's weights; of the trained parameters, samples use the averages. */
  readonly weights: RunWeights;
  /** The autoencoder's weights, if the model has one. */
  readonly autoencoder?: State | undefined;
  /** Reads the weights as the model is used: averaged, with LoRA layers merged. */
  readonly used: ReadWeight;
  /** Source of the states of an external language model. */
  readonly states?: LanguageStateSource | undefined;
}

/** Returns the memory for drawing samples in addition to the training on the same backend. */
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

/** Draws a sheet with the original, the edit in the data, and the model's own edit at the highest scores, for some examples. */
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
    /** Receives the sampler's events, and may cancel it. */
    hooks: EditHooks;
  },
): Promise<void> {
  const { model, tokenizer, lora } = trained;
  // With LoRA layers, the merged weights need a state of their own.
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
    const enlarge = Math.min(Math.max(Math.floor(SEEN / config.size), 1), MOST_ENLARGED);
    await writePng(path, contactSheet(rows, { enlarge }));
  } finally {
    await editor.dispose();
    await merged?.dispose();
  }
}

/** Returns the state entry to use for each trained parameter. */
function usedEntries({ trainable }: TrainedModel, config: TrainConfig): Record<string, string> {
  return Object.fromEntries(Array.from(trainable, (name) => [name, usedEntry(name, config)]));
}

/** Creates a state with the weights as the model is used. */
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
