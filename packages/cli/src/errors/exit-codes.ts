import { EXIT_CODES, type ErrorCode } from '@rewardedit/core/errors';

export type ExitCode = {
  readonly exitCode: number;
  /** What `--json` calls it; "done" is no error. */
  readonly code: ErrorCode | 'done';
  readonly meaning: string;
};

/** What each exit code means to a user. */
const MEANINGS: Readonly<Record<ErrorCode | 'done', string>> = {
  done: 'done',
  failed: 'failed',
  usage: 'wrong usage: a command, option or argument that does not exist or fit',
  'bad-input': 'input data or a config file is missing or wrong',
  authentication: 'a service refused the credentials',
  exhausted: 'a rate, quota or budget is used up; the same command goes on later',
  partial: 'done in part: some items have no result; the output says which',
  pending: 'a batch that was submitted is not ready; the same command asks again',
  interrupted: 'stopped by Ctrl-C or SIGTERM; the same command goes on where it was',
};

export const EXIT_CODE_MEANINGS: readonly ExitCode[] = Object.entries({ done: 0, ...EXIT_CODES }).map(
  ([code, exitCode]) => ({ exitCode, code: code as ExitCode['code'], meaning: MEANINGS[code as ErrorCode] }),
);
