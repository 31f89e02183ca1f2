import { RewardEditError } from '@rewardedit/core';
import type { Column } from './column.ts';

/**
 * Notes in which line of a file the values of a row are. Throws 'bad-input' where an earlier line has them: whether one of
 * two lines is to be believed, and which, is not for a program to guess.
 */
export function noteLine(
  lines: Column,
  row: number,
  { path, line, what }: { path: string; line: number; what: string },
): void {
  const earlier = lines.get(row);
  if (!Number.isNaN(earlier)) {
    throw new RewardEditError('bad-input', `line ${earlier} has ${what} too`, {
      where: `${path}:${line}`,
      hint: 'remove one of the two lines',
    });
  }
  lines.set(row, line);
}
