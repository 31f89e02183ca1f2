import { extname, join } from 'node:path';

/** Folder for the candidates of --best-of: beside the result, or in the folder of results. */
export function candidatesFolder(out: string): string {
  const ending = extname(out);
  return ending === '' ? join(out, 'candidates') : `${out.slice(0, out.length - ending.length)}-candidates`;
}
