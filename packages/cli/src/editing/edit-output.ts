import { access, constants, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Alpha, Picture } from '@rewardedit/data';
import { recordTexts, type EditRecord } from './edit-record.ts';

/** Writes an edited picture in the format that its name ends in, with its settings inside; at no moment is there half a file. */
export async function writeEdit(
  path: string,
  { picture, alpha }: { readonly picture: Picture; readonly alpha?: Alpha | undefined },
  record: EditRecord,
): Promise<void> {
  const { encodePicture, writtenFormat } = await import('@rewardedit/data');
  const { makeFolder, writeFileAtomic } = await import('@rewardedit/core');
  const format = writtenFormat(path) ?? 'png';
  const bytes = await encodePicture(picture, { format, alpha, ...recordTexts(record) });
  await makeFolder(dirname(path));
  await writeFileAtomic(path, bytes);
}

/** Makes the folder that a result goes to, and sees that it may be written there, before anything is computed for it. */
export async function prepareOutput(path: string, picture: string): Promise<void> {
  const { RewardEditError } = await import('@rewardedit/core');
  const { writtenFormat } = await import('@rewardedit/data');
  if (writtenFormat(path) === undefined) {
    throw new RewardEditError('usage', `${JSON.stringify(path)} ends as no format does that is written`, {
      where: '--out',
      hint: 'choose a name that ends in .png, .jpg or .webp',
    });
  }
  await prepareFolder(dirname(path));
  const [there, original] = await Promise.all([path, picture].map((one) => stat(one).catch(() => undefined)));
  if (there !== undefined && there.ino === original?.ino && there.dev === original.dev) {
    throw new RewardEditError('usage', 'the result would replace the picture that is to be edited', {
      where: '--out',
      hint: 'choose another name for the result',
    });
  }
  if (there?.isDirectory() === true) {
    throw new RewardEditError('bad-input', 'there is a folder of this name', {
      where: path,
      hint: 'choose another name for the result',
    });
  }
}

/** The same for the folder of many results. */
export async function prepareOutputFolder(path: string): Promise<void> {
  const { RewardEditError } = await import('@rewardedit/core');
  const { writtenFormat } = await import('@rewardedit/data');
  if (writtenFormat(path) !== undefined) {
    throw new RewardEditError('usage', 'the results of many edits go into a folder', {
      where: '--out',
      hint: `${JSON.stringify(path)} is called like a picture; name a folder, and choose the format of what is in it with --format`,
    });
  }
  await prepareFolder(path);
}

async function prepareFolder(folder: string): Promise<void> {
  const { fromSystemError, makeFolder } = await import('@rewardedit/core');
  await makeFolder(folder);
  await access(folder, constants.W_OK).catch((error: unknown) => {
    throw fromSystemError(error, { doing: 'write into the folder', path: folder });
  });
}
