import { RewardEditError } from './errors.ts';

/** Number of bytes at the start of a file that identify its contents. */
export const TELLING_BYTES = 64;

type Contents = { readonly what: string; readonly remedy: string };

const KNOWN: readonly (Contents & { readonly begins: RegExp; readonly isText?: true })[] = [
  {
    // https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
    begins: /^version https:\/\/git-lfs\.github\.com\/spec\//,
    what: 'a Git LFS pointer, not the file itself',
    remedy: 'run `git lfs pull` in the cloned folder, or download the file itself',
  },
  {
    begins: /^(?:\u00ef\u00bb\u00bf)?\s*<(?:!doctype html|html|head)/i,
    what: 'an HTML page, such as a login page, not what its name says',
    remedy: 'download the file again, with a token if the site requires one',
  },
  {
    begins: /^(?:\u00ff\u00fe|\u00fe\u00ff)/,
    // Binary files may begin with these bytes.
    isText: true,
    what: 'text in UTF-16 rather than UTF-8',
    remedy: 'convert it: iconv -f UTF-16 -t UTF-8 FILE > NEW',
  },
];

/** Identifies unexpected contents of a file by its first bytes. */
export function otherContents(beginning: Uint8Array, expected: 'file' | 'text'): Contents | undefined {
  const start = Buffer.from(beginning.subarray(0, TELLING_BYTES)).toString('latin1');
  return KNOWN.find(({ begins, isText }) => begins.test(start) && (expected === 'text' || isText !== true));
}

/** Throws 'bad-input' for a Git LFS pointer, an HTML page or UTF-16 text in place of the expected file. */
export function refuseOtherContents(beginning: Uint8Array, path: string, expected: 'file' | 'text'): void {
  const found = otherContents(beginning, expected);
  if (found !== undefined)
    throw new RewardEditError('bad-input', `the file is ${found.what}`, { where: path, hint: found.remedy });
}
