import { RewardEditError } from '@rewardedit/core';
import type { Column } from './column.ts';

/**
 * Records the line of a row's values in a file. Throws 'bad-input' if an earlier line has the same row: a program cannot guess
 * which of them is right.
 */
export function noteLine(
  lines: Column,
  row: number,
  { path, line, what }: { path: string; line: number; what: string },
): void {
  const earlier = lines.get(row);
  if (!Number.isNaN(earlier)) {
    throw new RewardEditError('bad-input', `line ${earlier} already has ${what}`, {
      where: `${path}:${line}`,
      hint: 'remove one of the two lines',
    });
  }
  lines.set(row, line);
}
