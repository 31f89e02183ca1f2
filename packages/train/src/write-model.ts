import { existsSync } from 'node:fs';
import { RewardEditError, verifyManifest } from '@rewardedit/core';
import { TEXT_ENCODER, UNET } from '@rewardedit/diffusion';
import { writeModelFolder, type ReadWeight } from '@rewardedit/models';
import type { TrainedModel } from './model.ts';

/**
 * Writes the model of a run atomically, in diffusers' layout. An existing model is verified against its manifest but never replaced, so that it
 * never changes or disappears while it is in use.
 *
 * @throws RewardEditError 'bad-input' if the path has other contents, or the model was changed.
 */
export async function writeTrainedModel(
  path: string,
  { model, tokenizer, scheduler, images }: TrainedModel,
  read: ReadWeight,
): Promise<void> {
  if (existsSync(path)) {
    await verifyManifest(path, 'the model of this run').catch((error: unknown) => {
      if (!(error instanceof RewardEditError)) throw error;
      throw new RewardEditError(error.code, error.message, {
        where: path,
        hint: 'move it away and repeat the command to write it again',
        cause: error,
      });
    });
    return;
  }
  await writeModelFolder(path, {
    unet: { config: model.unet, read: (name) => read(`${UNET}.${name}`) },
    textEncoder: { config: model.textEncoder, read: (name) => read(`${TEXT_ENCODER}.${name}`) },
    ...(model.smartEdit && { smartEdit: { config: model.smartEdit, read } }),
    tokenizer: tokenizer.files,
    scheduler,
    images,
  });
}
