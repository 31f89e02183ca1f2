import { stat } from 'node:fs/promises';
import { RewardEditError, fromSystemError } from '@rewardedit/core';
import { openModelFolder, type OpenedModel } from './model-folder.ts';
import { openSingleFileModel } from './single-file-model.ts';

/**
 * Opens a model: a folder in diffusers' layout or in Hugging Face's cache, or a single file in the layout of Stable Diffusion's original
 * code (.safetensors, .ckpt). Of the weights, only headers are read.
 *
 * @param options.architecture for a single file, see `openSingleFileModel`.
 * @throws RewardEditError 'bad-input' naming the file and what is wrong with it; 'usage' for an architecture with a model folder.
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
    throw new RewardEditError('usage', 'a model folder has its own architecture', {
      where: '--architecture',
      hint: 'leave it out, or name a model in a single file',
    });
  }
  return openModelFolder(path);
}
