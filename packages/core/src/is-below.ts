import { isAbsolute, relative, resolve, sep } from 'node:path';

/** Returns whether a path is a folder itself or anywhere below it. Paths are resolved lexically from the current folder. */
export function isBelow(path: string, folder: string): boolean {
  const way = relative(resolve(folder), resolve(path));
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
