import { existsSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { RewardEditError } from '@rewardedit/core';

/** Only such names can be spelled otherwise. */
const SPELLED_DIFFERENTLY = /[\\\u0080-\uffff]/;

function spellings(name: string): readonly string[] {
  const separators = [name, name.replaceAll('\\', '/')];
  return separators.flatMap((text) => [text, text.normalize('NFC'), text.normalize('NFD')]);
}

/**
 * The path of a file that data names, which must lie in `folder`. Throws 'bad-input' for a name that leads out of it, or
 * that is no name; `where` is the file that the name stands in.
 *
 * A name may have been written on another system: where no file is called so, one is taken that is called the same but for the separators of
 * Windows, or for how letters with accents are composed.
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
  const path = join(folder, fileName);
  if (!SPELLED_DIFFERENTLY.test(fileName) || existsSync(path)) return path;
  return (
    spellings(fileName)
      .map((name) => join(folder, name))
      .find(existsSync) ?? path
  );
}
