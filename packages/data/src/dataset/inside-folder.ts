import { existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { RewardEditError } from '@rewardedit/core';

/** Only names with these characters have other spellings. */
const SPELLED_DIFFERENTLY = /[\\\u0080-\uffff]/;

function spellings(name: string): readonly string[] {
  const separators = [name, name.replaceAll('\\', '/')];
  return separators.flatMap((text) => [text, text.normalize('NFC'), text.normalize('NFD')]);
}

/**
 * Returns the path of a file in `folder` that data refer to by name. Throws 'bad-input' for a name that leads out of the folder or is
 * invalid; `where` is the file that contains the name.
 *
 * The name may come from another system: if there is no such file, one is accepted whose name differs only in Windows' separators or in
 * Unicode normalization.
 */
export function insideFolder(folder: string, fileName: string, where: string): string {
  if (fileName.includes('\0')) {
    throw new RewardEditError('bad-input', `${JSON.stringify(fileName)} is not a valid picture name`, {
      where,
      hint: 'picture names are relative to the folder of the metadata',
    });
  }
  // Windows' separators and drive letters are refused on every system, so that a dataset is equally safe on all of them.
  const outside = isAbsolute(fileName) || /^(?:[a-z]:|[\\/])/i.test(fileName);
  if (outside || fileName.split(/[\\/]/).includes('..')) {
    const message = `the picture name ${JSON.stringify(fileName)} leads out of the dataset`;
    throw new RewardEditError('bad-input', message, {
      where,
      hint: 'picture names are relative to the folder of the metadata, without ".."',
    });
  }
  const path = join(folder, fileName);
  if (!SPELLED_DIFFERENTLY.test(fileName) || existsSync(path)) return path;
  return (
    spellings(fileName)
      .map((name) => join(folder, name))
      .find(existsSync) ?? path
  );
}
