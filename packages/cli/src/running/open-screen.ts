import v8 from 'node:v8';

/** Whether a screen can be shown: stdin and stdout are a terminal that can move its cursor. Ignores `CI` and `NO_COLOR`, since the user asked for it. */
export function canShowScreens(environment: NodeJS.ProcessEnv = process.env): boolean {
  return process.stdin.isTTY && process.stdout.isTTY && environment['TERM'] !== 'dumb';
}

/** Loads the package that draws screens. Ink checks for colours when it is loaded, and ignores NO_COLOR. */
export async function loadScreens() {
  if ((process.env['NO_COLOR'] ?? '') !== '') process.env['FORCE_COLOR'] = '0';
  // Screens allocate many short-lived objects: a small young generation keeps the process small, at no cost.
  v8.setFlagsFromString('--max-semi-space-size=4');
  v8.setFlagsFromString('--semi-space-growth-factor=1');
  // The faster of the two builds of React.
  process.env['NODE_ENV'] ??= 'production';
  return import('@rewardedit/tui');
}
