import { contactSheet, writePng } from '@rewardedit/data';
import { createEditor, defaultEditSettings, editParameters } from '@rewardedit/diffusion';
import type { Backend, State } from '@rewardedit/graph';
import type { ReadWeight } from '@rewardedit/models';
import type { TrainConfig } from './config.ts';
import type { Example } from './examples.ts';
import type { TrainedModel } from './model.ts';

/** Draws what the model makes of some examples now: original, the edit it was shown, its own edit at the highest scores. */
export async function drawSamples(
  path: string,
  { model, tokenizer }: TrainedModel,
  {
    backend,
    weights,
    examples,
    config,
  }: {
    backend: Backend;
    /** Reads the weights that samples are drawn with, by name. */
    weights: ReadWeight;
    examples: readonly Example[];
    config: TrainConfig;
  },
): Promise<void> {
  const state = await copyWeights(backend, editParameters(model), weights);
  const editor = createEditor(
    { model, tokenizer, backend, state },
    { width: config.size, height: config.size },
  );
  try {
    const requests = examples.map(({ source, triplet }) => ({
      picture: source,
      instruction: triplet.instruction,
    }));
    const edited = await editor.edit(requests, {
      ...defaultEditSettings(),
      seed: config.seed,
    });
    const rows = examples.map(({ source, edited: shown, triplet }, i) => ({
      title: triplet.instruction,
      cells: [
        { picture: source, caption: 'original' },
        { picture: shown, caption: 'in the data' },
        { picture: edited[i], caption: 'edited' },
      ],
    }));
    await writePng(path, contactSheet(rows, { enlarge: 4 }));
  } finally {
    await editor.dispose();
    await state.dispose();
  }
}

async function copyWeights(
  backend: Backend,
  specs: Readonly<Record<string, { readonly shape: readonly number[] }>>,
  read: ReadWeight,
): Promise<State> {
  const entries = Object.entries(specs).map(([name, { shape }]) => [name, { shape, dtype: 'f32' as const }]);
  const state = await backend.createState(Object.fromEntries(entries));
  for (const name of Object.keys(specs)) await state.write(name, await read(name));
  return state;
}
