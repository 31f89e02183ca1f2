import { EXIT_CODES, type ErrorCode } from '@rewardedit/core/errors';

export type ExitCode = {
  readonly exitCode: number;
  /** The code in `--json`; "done" is not an error. */
  readonly code: ErrorCode | 'done';
  readonly meaning: string;
};

/** The meaning of each exit code to a user. */
const MEANINGS: Readonly<Record<ErrorCode | 'done', string>> = {
  done: 'done',
  failed: 'failed',
  usage: 'wrong usage: an unknown command or option, or an invalid argument',
  'bad-input': 'input data or a config file is missing or invalid',
  authentication: 'a service rejected the credentials',
  exhausted: 'a rate limit, quota or budget is exhausted; run the same command again later to resume',
  partial: 'partly done: some items have no result; the output lists them',
  pending: 'a submitted batch is not ready; run the same command again to check',
  interrupted: 'stopped by Ctrl-C or SIGTERM; run the same command again to resume',
};

export const EXIT_CODE_MEANINGS: readonly ExitCode[] = Object.entries({ done: 0, ...EXIT_CODES }).map(
  ([code, exitCode]) => ({ exitCode, code: code as ExitCode['code'], meaning: MEANINGS[code as ErrorCode] }),
);
