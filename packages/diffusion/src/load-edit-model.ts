import type { Backend } from '@rewardedit/graph';
import { loadAutoencoder, loadTextEncoder, loadUNet, openModelFolder } from '@rewardedit/models';
import { AUTOENCODER, TEXT_ENCODER, UNET, editModelConfig } from './edit-model.ts';
import { editParameters } from './edit-parameters.ts';
import type { EditorParts } from './editor/index.ts';

/**
 * Loads a model folder onto a backend, one weight at a time, ready for `createEditor`. Dispose of its state when done.
 *
 * @throws RewardEditError 'bad-input' for a folder that is no model, or whose weights do not fit its configuration.
 */
export async function loadEditModel(folder: string, backend: Backend): Promise<EditorParts> {
  const opened = await openModelFolder(folder);
  const model = editModelConfig(opened);
  const state = await backend.createState(editParameters(model));
  await loadUNet(opened, (name, values) => state.write(`${UNET}.${name}`, values));
  await loadTextEncoder(opened, (name, values) => state.write(`${TEXT_ENCODER}.${name}`, values));
  await loadAutoencoder(opened, (name, values) => state.write(`${AUTOENCODER}.${name}`, values));
  return { model, tokenizer: opened.tokenizer, backend, state };
}
