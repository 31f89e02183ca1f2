import v8 from 'node:v8';

/** Whether a screen can be shown: both ends are a terminal that can move its cursor. `CI` and `NO_COLOR` do not matter to who asks for one. */
export function canShowScreens(environment: NodeJS.ProcessEnv = process.env): boolean {
  return process.stdin.isTTY && process.stdout.isTTY && environment['TERM'] !== 'dumb';
}

/** Loads what draws screens. Ink asks for colours when it is loaded, and knows nothing of NO_COLOR. */
export async function loadScreens() {
  if ((process.env['NO_COLOR'] ?? '') !== '') process.env['FORCE_COLOR'] = '0';
  // A screen makes much garbage that is short-lived: a small nursery keeps the process small, at no cost.
  v8.setFlagsFromString('--max-semi-space-size=4');
  v8.setFlagsFromString('--semi-space-growth-factor=1');
  // The faster of the two builds of React.
  process.env['NODE_ENV'] ??= 'production';
  return import('@rewardedit/tui');
}
