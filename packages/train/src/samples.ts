import { contactSheet, writePng } from '@rewardedit/data';
import { createEditor, defaultEditSettings, editParameters } from '@rewardedit/diffusion';
import { stateNames, type Backend, type State } from '@rewardedit/graph';
import type { TrainConfig } from './config.ts';
import type { Example } from './examples.ts';
import type { TrainedModel } from './model.ts';

/** Draws what the model makes of some examples now: original, the edit it was shown, its own edit at the highest scores. */
export async function drawSamples(
  path: string,
  { model, tokenizer }: TrainedModel,
  {
    backend,
    state,
    examples,
    config,
  }: {
    backend: Backend;
    /** The state that is trained; samples are drawn with the averages in it, where they lie. */
    state: State;
    examples: readonly Example[];
    config: TrainConfig;
  },
): Promise<void> {
  const aliases = averages(Object.keys(editParameters(model)), state);
  const editor = createEditor({ model, tokenizer, backend, state, aliases });
  try {
    const requests = examples.map(({ source, triplet }) => ({
      key: triplet.id,
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
  }
}

/** The entries that hold the averages of those parameters that have one: of what is trained. */
function averages(parameters: readonly string[], { specs }: State): Record<string, string> {
  const pairs = parameters.map((name) => [name, stateNames.average(name)] as const);
  return Object.fromEntries(pairs.filter(([, average]) => average in specs));
}
