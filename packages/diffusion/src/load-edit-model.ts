import { dataOf, numbersOf, type Backend } from '@rewardedit/graph';
import { loadPart, openLoras, openModel, partsOf, type LoraChoice, type ModelPart } from '@rewardedit/models';
import { AUTOENCODER, TEXT_ENCODER, UNET, editModelConfig } from './edit-model.ts';
import { editParameters } from './edit-parameters.ts';
import type { EditorParts } from './editor/index.ts';
import { typesToRun, type Precision } from './precision.ts';

/** A model whose weights have not been read yet. */
export interface OpenedEditModel extends Pick<EditorParts, 'model' | 'tokenizer' | 'types'> {
  /** Loads it onto a backend, one weight at a time, ready for `createEditor`. Dispose of its state when done. */
  load(backend: Backend): Promise<EditorParts>;
}

export interface EditModelOptions {
  /** What its networks store and multiply in; f32 unless told. */
  readonly precision?: Precision | undefined;
  /** Folder of the same architecture, where the model is one file. */
  readonly architecture?: string | undefined;
  /** LoRA files that are merged into the weights as they are loaded. */
  readonly loras?: readonly LoraChoice[] | undefined;
}

/** Under which prefix each network's weights stand in the state; those of SmartEdit have prefixes of their own. */
const PREFIXES: Readonly<Record<ModelPart, string>> = {
  unet: `${UNET}.`,
  textEncoder: `${TEXT_ENCODER}.`,
  autoencoder: `${AUTOENCODER}.`,
  smartEdit: '',
};

/**
 * @param path of a model folder, or of a file with all weights.
 * @throws RewardEditError 'bad-input' for what is no model, for weights that do not fit its configuration, and for LoRA files that do
 * not fit the model, by name.
 */
export async function openEditModel(
  path: string,
  { precision = 'f32', architecture, loras = [] }: EditModelOptions = {},
): Promise<OpenedEditModel> {
  const opened = await openModel(path, { architecture });
  const model = editModelConfig(opened);
  const types = typesToRun(precision);
  const { tokenizer } = opened;
  // What does not fit is told before a backend is begun with.
  await (await openLoras(opened, loras)).close();
  return {
    model,
    tokenizer,
    types,
    async load(backend) {
      const state = await backend.createState(editParameters(model, types));
      const adaptation = await openLoras(opened, loras);
      try {
        for (const part of partsOf(opened)) {
          await loadPart(opened, part, async (name, values) => {
            const entry = PREFIXES[part] + name;
            const merged = await adaptation.merged(entry, values);
            await state.write(entry, dataOf(state.specs[entry].dtype, numbersOf(merged)));
          });
        }
      } catch (error) {
        await state.dispose();
        throw error;
      } finally {
        await adaptation.close();
      }
      return { model, tokenizer, backend, state, types };
    },
  };
}

/** Opens a model and loads it. */
export async function loadEditModel(
  path: string,
  backend: Backend,
  options?: EditModelOptions,
): Promise<EditorParts> {
  return (await openEditModel(path, options)).load(backend);
}
