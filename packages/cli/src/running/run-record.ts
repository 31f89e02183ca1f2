import type { RunEnding } from '@rewardedit/core';
import { EXIT_CODE_MEANINGS } from '../errors/exit-codes.ts';

/** What a command was called with, as it is kept with its run: no option that is not set or that only says how to show things. */
export function recordedOptions(
  args: Readonly<Record<string, unknown>>,
  flags: Readonly<Record<string, unknown>>,
  leftOut: readonly string[],
): Record<string, unknown> {
  const all = Object.entries({ ...args, ...flags });
  const kept = all.filter(([name, value]) => value !== undefined && !leftOut.includes(name));
  return Object.fromEntries(kept.map(([name, value]) => [name, withoutPasswords(value)]));
}

/** An address may hold user and password. */
function withoutPasswords(value: unknown): unknown {
  return typeof value === 'string' ? value.replaceAll(/(?<=:\/\/)[^/?#\s]*@/g, '') : value;
}

/** How a run ended whose command ends with this exit code. */
export function endingOf(exitCode: string | number | null | undefined): RunEnding {
  const code = EXIT_CODE_MEANINGS.find((each) => each.exitCode === Number(exitCode ?? 0))?.code;
  return { status: STATUSES.find((status) => status === code) ?? 'failed' };
}

/** The exit codes that a run has a status of its own for. */
const STATUSES: readonly RunEnding['status'][] = ['done', 'partial', 'pending', 'interrupted'];
