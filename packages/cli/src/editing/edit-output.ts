import { access, constants, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Alpha, Picture } from '@rewardedit/data';
import { recordTexts, type EditRecord } from './edit-record.ts';

/** Writes an edited picture atomically, in the format of its file extension and with its settings inside. */
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

/** Creates the folder for a result, and checks before any computation that the result can be written. */
export async function prepareOutput(path: string, picture: string): Promise<void> {
  const { RewardEditError } = await import('@rewardedit/core');
  const { writtenFormat } = await import('@rewardedit/data');
  if (writtenFormat(path) === undefined) {
    throw new RewardEditError('usage', `unsupported file extension of ${JSON.stringify(path)}`, {
      where: '--out',
      hint: 'choose a name that ends in .png, .jpg or .webp',
    });
  }
  await prepareFolder(dirname(path));
  const [there, original] = await Promise.all([path, picture].map((one) => stat(one).catch(() => undefined)));
  if (there !== undefined && there.ino === original?.ino && there.dev === original.dev) {
    throw new RewardEditError('usage', 'the result would overwrite the original picture', {
      where: '--out',
      hint: 'choose another name for the result',
    });
  }
  if (there?.isDirectory() === true) {
    throw new RewardEditError('bad-input', 'there is a folder at this path', {
      where: path,
      hint: 'choose another name for the result',
    });
  }
}

/** Creates the folder for several results, and checks that it is writable. */
export async function prepareOutputFolder(path: string): Promise<void> {
  const { RewardEditError } = await import('@rewardedit/core');
  const { writtenFormat } = await import('@rewardedit/data');
  if (writtenFormat(path) !== undefined) {
    throw new RewardEditError('usage', 'several edits need an output folder', {
      where: '--out',
      hint: `${JSON.stringify(path)} has the extension of a picture; give a folder, and choose the picture format with --format`,
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
