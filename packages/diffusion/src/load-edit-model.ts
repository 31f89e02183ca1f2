import type { Backend } from '@rewardedit/graph';
import { loadTextEncoder, loadUNet, openModelFolder } from '@rewardedit/models';
import { TEXT_ENCODER, UNET, editModelConfig } from './edit-model.ts';
import { editParameters } from './edit-parameters.ts';
import type { EditorParts } from './editor/index.ts';

/** A model folder whose weights have not been read yet. */
export interface OpenedEditModel extends Pick<EditorParts, 'model' | 'tokenizer'> {
  /** Loads it onto a backend, one weight at a time, ready for `createEditor`. Dispose of its state when done. */
  load(backend: Backend): Promise<EditorParts>;
}

/** @throws RewardEditError 'bad-input' for a folder that is no model, or whose weights do not fit its configuration. */
export async function openEditModel(folder: string): Promise<OpenedEditModel> {
  const opened = await openModelFolder(folder);
  const model = editModelConfig(opened);
  const { tokenizer } = opened;
  return {
    model,
    tokenizer,
    async load(backend) {
      const state = await backend.createState(editParameters(model));
      await loadUNet(opened, (name, values) => state.write(`${UNET}.${name}`, values));
      await loadTextEncoder(opened, (name, values) => state.write(`${TEXT_ENCODER}.${name}`, values));
      return { model, tokenizer, backend, state };
    },
  };
}

/** Opens a model folder and loads it. */
export async function loadEditModel(folder: string, backend: Backend): Promise<EditorParts> {
  return (await openEditModel(folder)).load(backend);
}
