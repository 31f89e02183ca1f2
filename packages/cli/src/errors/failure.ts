import { inspect, stripVTControlCharacters } from 'node:util';
import { Errors } from '@oclif/core';
import { EXIT_CODES, RewardEditError } from '@rewardedit/core/errors';
import type { ErrorCode } from '@rewardedit/core';
import { printable } from '@rewardedit/core/text';
import { paint, type Terminal } from '../output/terminal.ts';
import { explainUsageError } from './usage-errors.ts';

/** What a user is told about a failed command. */
export type Failure = {
  readonly code: ErrorCode;
  readonly message: string;
  /** The file (and line), item or option at fault. */
  readonly where?: string | undefined;
  /** What to do about it. */
  readonly hint?: string | undefined;
  /** Similar names that may have been meant. */
  readonly suggestions: readonly string[];
  readonly exitCode: number;
};

/** Explains an error to the user of `command`, which is given as typed ("data scenes"). */
export async function toFailure(error: unknown, command = ''): Promise<Failure> {
  const { fromSystemError } = await import('@rewardedit/core');
  if (error instanceof RewardEditError) {
    const { code, message, where, hint, exitCode } = error;
    return { code, message, where, hint, suggestions: suggestionsOf(error), exitCode };
  }
  if (error instanceof Errors.CLIError) {
    const { message, where, hint, suggestions } = explainUsageError(error, command);
    return { code: 'usage', message, where, hint, suggestions, exitCode: EXIT_CODES.usage };
  }
  const explained = fromSystemError(error, { doing: 'continue', path: pathOf(error) });
  if (explained instanceof RewardEditError) return toFailure(explained, command);
  return {
    code: 'failed',
    message: stripVTControlCharacters(explained.message),
    hint: 'this is a bug or an unexpected state; run the command with --debug for the stack trace',
    suggestions: [],
    exitCode: EXIT_CODES.failed,
  };
}

/** Attaches suggestions to an error. */
export function withSuggestions<E extends Error>(error: E, suggestions: readonly string[]): E {
  return Object.assign(error, { suggestions });
}

function suggestionsOf(error: object): readonly string[] {
  if (!('suggestions' in error) || !Array.isArray(error.suggestions)) return [];
  return error.suggestions.filter((suggestion) => typeof suggestion === 'string');
}

function pathOf(error: unknown): string {
  return error instanceof Error && 'path' in error && typeof error.path === 'string' ? error.path : '';
}

const TITLES: Partial<Record<ErrorCode, string>> = {
  interrupted: 'Interrupted',
  partial: 'Partly done',
  pending: 'Pending',
};

/** Formats a failure as lines for stderr: what, where, what to do. */
export function formatFailure(failure: Failure, terminal: Pick<Terminal, 'colour'>): string {
  const { code, message, where, hint, suggestions } = failure;
  const title = TITLES[code];
  const colour = title === undefined ? 'red' : 'yellow';
  const lines = [paint(terminal, ['bold', colour], `${title ?? 'Error'}:`) + ` ${printable(message)}`];
  const add = (label: string, text: string) =>
    lines.push(`  ${paint(terminal, 'dim', label)} ${printable(text)}`);
  if (where !== undefined && where !== '') add('where:', where);
  if (suggestions.length > 0) add('did you mean:', suggestions.join(', '));
  if (hint !== undefined) add('what to do:', hint);
  return lines.join('\n');
}

/** The stacks of an error and its causes; nothing else, because other properties may contain the whole command line. */
export function formatStack(error: unknown): string {
  if (!(error instanceof Error)) return inspect(error, { depth: 1 });
  const stack = error.stack ?? error.message;
  return error.cause === undefined ? stack : `${stack}\nCaused by: ${formatStack(error.cause)}`;
}
