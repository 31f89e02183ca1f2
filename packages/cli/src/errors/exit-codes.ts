import type { ErrorCode } from '@rewardedit/core';

export type ExitCode = {
  readonly exitCode: number;
  /** What `--json` calls it; "done" is no error. */
  readonly code: ErrorCode | 'done';
  readonly meaning: string;
};

/** What each exit code means to a user. The numbers are those of the errors themselves, which a test holds against these. */
const MEANINGS: Readonly<Record<ErrorCode | 'done', readonly [exitCode: number, meaning: string]>> = {
  done: [0, 'done'],
  failed: [1, 'failed'],
  usage: [2, 'wrong usage: a command, option or argument that does not exist or fit'],
  'bad-input': [3, 'input data or a config file is missing or wrong'],
  authentication: [4, 'a service refused the credentials'],
  exhausted: [5, 'a rate, quota or budget is used up; the same command goes on later'],
  partial: [68, 'done in part: some items have no result; the output says which'],
  pending: [69, 'a batch that was handed in is not ready; the same command asks again'],
  interrupted: [130, 'stopped by Ctrl-C or SIGTERM; the same command goes on where it was'],
};

export const EXIT_CODE_MEANINGS: readonly ExitCode[] = Object.entries(MEANINGS).map(
  ([code, [exitCode, meaning]]) => ({ exitCode, code: code as ExitCode['code'], meaning }),
);
