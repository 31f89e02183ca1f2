import type { RunEnding } from '@rewardedit/core';
import { EXIT_CODE_MEANINGS } from '../errors/exit-codes.ts';

/** The arguments and options to record with a run, without those that are not set or are `leftOut`. */
export function recordedOptions(
  args: Readonly<Record<string, unknown>>,
  flags: Readonly<Record<string, unknown>>,
  leftOut: readonly string[],
): Record<string, unknown> {
  const all = Object.entries({ ...args, ...flags });
  const kept = all.filter(([name, value]) => value !== undefined && !leftOut.includes(name));
  return Object.fromEntries(kept.map(([name, value]) => [name, withoutPasswords(value)]));
}

/** Removes user and password from URLs. */
function withoutPasswords(value: unknown): unknown {
  return typeof value === 'string' ? value.replaceAll(/(?<=:\/\/)[^/?#\s]*@/g, '') : value;
}

/** How a run ended, from the exit code of its command. */
export function endingOf(exitCode: string | number | null | undefined): RunEnding {
  const code = EXIT_CODE_MEANINGS.find((each) => each.exitCode === Number(exitCode ?? 0))?.code;
  return { status: STATUSES.find((status) => status === code) ?? 'failed' };
}

/** Statuses of a run that are also codes of an exit code. */
const STATUSES: readonly RunEnding['status'][] = ['done', 'partial', 'pending', 'interrupted'];
