import { existsSync } from 'node:fs';
import { RewardEditError, verifyManifest } from '@rewardedit/core';
import { TEXT_ENCODER, UNET } from '@rewardedit/diffusion';
import { writeModelFolder, type ReadWeight } from '@rewardedit/models';
import type { TrainedModel } from './model.ts';

/**
 * Writes the model that a run made, in diffusers' layout. It appears whole, and is never replaced: where it is there, it is only
 * compared with its manifest, so that nobody who uses it finds it missing or another one for a moment.
 *
 * @throws RewardEditError 'bad-input' where something else is there, or the model was changed since.
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
        hint: 'move it away, and repeat the command to have it written again',
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
