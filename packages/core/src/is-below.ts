import { isAbsolute, relative, resolve, sep } from 'node:path';

/** Whether a path is in a folder, however deep, or the folder itself; both as they are written, from the current folder. */
export function isBelow(path: string, folder: string): boolean {
  const way = relative(resolve(folder), resolve(path));
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
