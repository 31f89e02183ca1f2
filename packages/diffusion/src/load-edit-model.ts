import { dataOf, numbersOf, type Backend } from '@rewardedit/graph';
import { openModel, type LoraChoice } from '@rewardedit/models';
import { editModelConfig } from './edit-model.ts';
import { editParameters } from './edit-parameters.ts';
import { openEditWeights } from './edit-weights.ts';
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
  await (await openEditWeights(opened, loras)).close();
  return {
    model,
    tokenizer,
    types,
    async load(backend) {
      const weights = await openEditWeights(opened, loras);
      const state = await backend.createState(editParameters(model, types));
      try {
        for (const [name, { dtype }] of Object.entries(state.specs))
          await state.write(name, dataOf(dtype, numbersOf(await weights.read(name))));
      } catch (error) {
        await state.dispose();
        throw error;
      } finally {
        await weights.close();
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
