import type { WatchedRun } from './watched-run.ts';

/** One option of a run: its name, and its value as text. */
export type Setting = readonly [name: string, value: string];

/** What a run was called with, one setting a line. */
export function settingsOf({ state }: Pick<WatchedRun, 'state'>): Setting[] {
  return flattened(state.config ?? {}, '');
}

function flattened(record: Readonly<Record<string, unknown>>, prefix: string): Setting[] {
  return Object.entries(record).flatMap(([name, value]) =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? flattened(value as Record<string, unknown>, `${prefix}${name}.`)
      : [[prefix + name, typeof value === 'string' ? value : JSON.stringify(value)] as const],
  );
}

/** The settings that are not the same in all runs, with the value of each; undefined where one has none. */
export function differences(
  runs: readonly Pick<WatchedRun, 'state'>[],
): { readonly name: string; readonly values: readonly (string | undefined)[] }[] {
  const all = runs.map((run) => new Map(settingsOf(run)));
  const names = [...new Set(all.flatMap((settings) => [...settings.keys()]))];
  return names
    .map((name) => ({ name, values: all.map((settings) => settings.get(name)) }))
    .filter(({ values }) => new Set(values).size > 1);
}
