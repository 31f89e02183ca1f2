/** Whether a screen can be shown: both ends are a terminal that can move its cursor. `CI` and `NO_COLOR` do not matter to who asks for one. */
export function canShowScreens(environment: NodeJS.ProcessEnv = process.env): boolean {
  return process.stdin.isTTY && process.stdout.isTTY && environment['TERM'] !== 'dumb';
}

/** Loads what draws screens. Ink asks for colours when it is loaded, and knows nothing of NO_COLOR. */
export async function loadScreens() {
  if ((process.env['NO_COLOR'] ?? '') !== '') process.env['FORCE_COLOR'] = '0';
  // The faster of the two builds of React.
  process.env['NODE_ENV'] ??= 'production';
  return import('@rewardedit/tui');
}
