import { isAbsolute, join } from 'node:path';
import { RewardEditError } from '@rewardedit/core';

/**
 * The path of a file that data names, which must lie in `folder`. Throws 'bad-input' for a name that leads out of it, or
 * that is no name; `where` is the file that the name stands in.
 */
export function insideFolder(folder: string, fileName: string, where: string): string {
  if (fileName.includes('\0')) {
    throw new RewardEditError('bad-input', `${JSON.stringify(fileName)} is no name of a picture`, {
      where,
      hint: 'picture names are relative to the folder of the metadata',
    });
  }
  // Windows' separators and drive letters count on every system, or a dataset would be safe on some only.
  const outside = isAbsolute(fileName) || /^(?:[a-z]:|[\\/])/i.test(fileName);
  if (outside || fileName.split(/[\\/]/).includes('..')) {
    const message = `the picture name ${JSON.stringify(fileName)} leads out of the dataset`;
    throw new RewardEditError('bad-input', message, {
      where,
      hint: 'picture names are relative to the folder of the metadata, without ".."',
    });
  }
  return join(folder, fileName);
}
