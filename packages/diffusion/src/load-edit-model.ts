import { dataOf, numbersOf, type Backend } from '@rewardedit/graph';
import { openModel, type LoraChoice } from '@rewardedit/models';
import { editModelConfig } from './edit-model.ts';
import { editParameters } from './edit-parameters.ts';
import { openEditWeights } from './edit-weights.ts';
import type { EditorParts } from './editor/index.ts';
import { typesToRun, type Precision } from './precision.ts';

/** A model whose weights have not been loaded. */
export interface OpenedEditModel extends Pick<EditorParts, 'model' | 'tokenizer' | 'types'> {
  /** Loads the weights onto a backend one by one, for `createEditor`. The caller disposes of the state. */
  load(backend: Backend): Promise<EditorParts>;
}

export interface EditModelOptions {
  /** Element type of weights and layers; f32 by default. */
  readonly precision?: Precision | undefined;
  /** Folder of a model with the same architecture, for a model in a single file. */
  readonly architecture?: string | undefined;
  /** LoRA files to merge into the weights as they are loaded. */
  readonly loras?: readonly LoraChoice[] | undefined;
}

/**
 * @param path of a model folder or a single file with all weights.
 * @throws RewardEditError 'bad-input' if it is not a model, or naming the weights or LoRA layers that do not fit it.
 */
export async function openEditModel(
  path: string,
  { precision = 'f32', architecture, loras = [] }: EditModelOptions = {},
): Promise<OpenedEditModel> {
  const opened = await openModel(path, { architecture });
  const model = editModelConfig(opened);
  const types = typesToRun(precision);
  const { tokenizer } = opened;
  // Reports weights that do not fit before a backend is set up.
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
