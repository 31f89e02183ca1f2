import { RewardEditError, type ErrorCode } from './errors.ts';

type Explanation = { readonly code: ErrorCode; readonly what: string; readonly hint: string };

const FREE_SPACE = 'free some space there or choose another folder, then run the same command again';

/** The system's error codes in words. */
const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  ENOSPC: { code: 'failed', what: 'the disk is full', hint: FREE_SPACE },
  EDQUOT: { code: 'failed', what: 'the disk quota is used up', hint: FREE_SPACE },
  EROFS: {
    code: 'failed',
    what: 'the file system is read-only',
    hint: 'choose a folder that can be written to',
  },
  EACCES: {
    code: 'failed',
    what: 'permission denied',
    hint: 'check who owns it, or choose another folder',
  },
  EPERM: {
    code: 'failed',
    what: 'the system does not allow it',
    hint: 'check who owns it, or choose another folder',
  },
  EFBIG: {
    code: 'failed',
    what: 'the file would become larger than the system allows',
    hint: 'raise the limit (ulimit -f)',
  },
  EIO: { code: 'failed', what: 'the disk reports an error', hint: 'check the disk or the network drive' },
  EMFILE: { code: 'failed', what: 'too many files are open', hint: 'raise the limit (ulimit -n)' },
  ENOENT: { code: 'bad-input', what: 'it does not exist', hint: 'check the path' },
  ENOTDIR: { code: 'bad-input', what: 'a part of the path is a file, not a folder', hint: 'check the path' },
  EEXIST: {
    code: 'bad-input',
    what: 'there is already a file with this name',
    hint: 'choose another name, or remove it',
  },
  EISDIR: { code: 'bad-input', what: 'it is a folder, not a file', hint: 'check the path' },
  ENAMETOOLONG: {
    code: 'bad-input',
    what: 'the name is too long for the file system',
    hint: 'choose a shorter one',
  },
};

/**
 * Explains an error of the operating system, such as a full disk or a read-only folder: what could not be done (`doing`, such as "write the
 * journal"), why, where (`path`), and what to do. Returns other errors, already explained or bugs, unchanged.
 */
export function fromSystemError(error: unknown, { doing, path }: { doing: string; path: string }): Error {
  if (error instanceof RewardEditError) return error;
  if (!isSystemError(error)) return error instanceof Error ? error : new Error(String(error));
  const { code, what, hint } = EXPLANATIONS[error.code] ?? {
    code: 'failed',
    what: error.message,
    hint: undefined,
  };
  return new RewardEditError(code, `cannot ${doing}: ${what}`, { where: path, hint, cause: error });
}

function isSystemError(error: unknown): error is Error & { code: string } {
  return error instanceof Error && 'syscall' in error && 'code' in error && typeof error.code === 'string';
}

/** Returns whether an error means that a file or folder does not exist. */
export function isMissing(error: unknown): boolean {
  return isSystemError(error) && error.code === 'ENOENT';
}
