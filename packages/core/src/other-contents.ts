import { RewardEditError } from './errors.ts';

/** So many bytes of a file tell what it is. */
export const TELLING_BYTES = 64;

type Contents = { readonly what: string; readonly remedy: string };

const KNOWN: readonly (Contents & { readonly begins: RegExp; readonly isText?: true })[] = [
  {
    // https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md
    begins: /^version https:\/\/git-lfs\.github\.com\/spec\//,
    what: 'a pointer of Git LFS, not what it points to',
    remedy: 'run `git lfs pull` in the folder that was cloned, or download the file itself',
  },
  {
    begins: /^(?:\u00ef\u00bb\u00bf)?\s*<(?:!doctype html|html|head)/i,
    what: 'a page of HTML, such as sites give that ask for a login, not what its name says',
    remedy: 'download the file anew, with a token where the site asks for one',
  },
  {
    begins: /^(?:\u00ff\u00fe|\u00fe\u00ff)/,
    // Other files may begin with these bytes.
    isText: true,
    what: 'a text in UTF-16, where UTF-8 is read',
    remedy: 'write it anew: iconv -f UTF-16 -t UTF-8 FILE > NEW',
  },
];

/** What a file is by its first bytes, where that is something that no format of files, or no text, begins with. */
export function otherContents(beginning: Uint8Array, expected: 'file' | 'text'): Contents | undefined {
  const start = Buffer.from(beginning.subarray(0, TELLING_BYTES)).toString('latin1');
  return KNOWN.find(({ begins, isText }) => begins.test(start) && (expected === 'text' || isText !== true));
}

/** Throws 'bad-input' where a file is something else than its name says: what Git LFS or a site left in its place, or a text in UTF-16. */
export function refuseOtherContents(beginning: Uint8Array, path: string, expected: 'file' | 'text'): void {
  const found = otherContents(beginning, expected);
  if (found !== undefined)
    throw new RewardEditError('bad-input', `the file is ${found.what}`, { where: path, hint: found.remedy });
}
