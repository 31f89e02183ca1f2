import { printable } from '@rewardedit/core/text';
import { formatFailure, formatStack, type Failure } from './failure.ts';
import { terminalOf } from '../output/terminal.ts';

/** Reports a failure as JSON on stdout or as text on stderr, with a stack trace only if requested. */
export function reportFailure(
  failure: Failure,
  error: unknown,
  { json, debug }: { json: boolean; debug: boolean },
): void {
  if (json) process.stdout.write(`${JSON.stringify({ error: failure }, null, 2)}\n`);
  else process.stderr.write(`${formatFailure(failure, terminalOf(process.stderr))}\n`);
  if (debug) process.stderr.write(`${printable(formatStack(error))}\n`);
}

/** Whether stack traces are requested; works even if the options cannot be parsed. */
export function isDebugging(argv: readonly string[]): boolean {
  const variable = process.env['REWARDEDIT_DEBUG'] ?? '';
  return isGiven('--debug', argv) || !['', '0', 'false'].includes(variable);
}

/** Whether a flag is on the command line. */
export function isGiven(flag: string, argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return argv.slice(0, end === -1 ? argv.length : end).includes(flag);
}
