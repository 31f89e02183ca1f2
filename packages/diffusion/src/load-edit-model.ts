import { dataOf, numbersOf, type Backend, type TensorData } from '@rewardedit/graph';
import {
  loadAutoencoder,
  loadSmartEdit,
  loadTextEncoder,
  loadUNet,
  openModelFolder,
} from '@rewardedit/models';
import { AUTOENCODER, TEXT_ENCODER, UNET, editModelConfig } from './edit-model.ts';
import { editParameters } from './edit-parameters.ts';
import type { EditorParts } from './editor/index.ts';
import { typesToRun, type Precision } from './precision.ts';

/** A model folder whose weights have not been read yet. */
export interface OpenedEditModel extends Pick<EditorParts, 'model' | 'tokenizer' | 'types'> {
  /** Loads it onto a backend, one weight at a time, ready for `createEditor`. Dispose of its state when done. */
  load(backend: Backend): Promise<EditorParts>;
}

/**
 * @param precision what its networks store and multiply in.
 * @throws RewardEditError 'bad-input' for a folder that is no model, or whose weights do not fit its configuration.
 */
export async function openEditModel(folder: string, precision: Precision = 'f32'): Promise<OpenedEditModel> {
  const opened = await openModelFolder(folder);
  const model = editModelConfig(opened);
  const types = typesToRun(precision);
  const { tokenizer } = opened;
  return {
    model,
    tokenizer,
    types,
    async load(backend) {
      const state = await backend.createState(editParameters(model, types));
      const write = (name: string, values: TensorData) =>
        state.write(name, dataOf(state.specs[name].dtype, numbersOf(values)));
      await loadUNet(opened, (name, values) => write(`${UNET}.${name}`, values));
      await loadTextEncoder(opened, (name, values) => write(`${TEXT_ENCODER}.${name}`, values));
      await loadAutoencoder(opened, (name, values) => write(`${AUTOENCODER}.${name}`, values));
      await loadSmartEdit(opened, write);
      return { model, tokenizer, backend, state, types };
    },
  };
}

/** Opens a model folder and loads it. */
export async function loadEditModel(
  folder: string,
  backend: Backend,
  precision?: Precision,
): Promise<EditorParts> {
  return (await openEditModel(folder, precision)).load(backend);
}
