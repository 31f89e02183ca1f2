import { randomBytes } from 'node:crypto';

/** Returns a unique name for a run, with its command and time: "train-20260102T030405Z-9f3a21". */
export function newRunName(command: string, at = new Date()): string {
  const time = at.toISOString().replaceAll(/[-:]|\.\d+/g, '');
  return `${command.replaceAll(' ', '-')}-${time}-${randomBytes(3).toString('hex')}`;
}
