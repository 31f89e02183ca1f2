import { stat } from 'node:fs/promises';
import { RewardEditError, fromSystemError } from '@rewardedit/core';
import { openModelFolder, type OpenedModel } from './model-folder.ts';
import { openSingleFileModel } from './single-file-model.ts';

/**
 * Opens a model by what it is: a folder in diffusers' layout, one in Hugging Face's cache, or one file in the layout of Stable
 * Diffusion's own code (.safetensors, .ckpt). Of the weights, only the list is read.
 *
 * @param options.architecture for one file, as `openSingleFileModel` takes it.
 * @throws RewardEditError 'bad-input' that names the file and what is wrong with it; 'usage' for an architecture that is of no use.
 */
export async function openModel(
  path: string,
  { architecture }: { architecture?: string | undefined } = {},
): Promise<OpenedModel> {
  const stats = await stat(path).catch((error: unknown) => {
    throw fromSystemError(error, { doing: 'open the model', path });
  });
  if (stats.isFile()) return openSingleFileModel(path, architecture);
  if (architecture !== undefined) {
    throw new RewardEditError('usage', 'a model folder says itself what its architecture is', {
      where: '--architecture',
      hint: 'leave it out, or name a model that is one file',
    });
  }
  return openModelFolder(path);
}
