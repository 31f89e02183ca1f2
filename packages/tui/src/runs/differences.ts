import type { WatchedRun } from './watched-run.ts';

/** A setting of a run: its name, and its value as text. */
export type Setting = readonly [name: string, value: string];

/** The settings of a run. */
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

/** The settings that differ between runs, with the value of each; undefined if a run does not have it. */
export function differences(
  runs: readonly Pick<WatchedRun, 'state'>[],
): { readonly name: string; readonly values: readonly (string | undefined)[] }[] {
  const all = runs.map((run) => new Map(settingsOf(run)));
  const names = [...new Set(all.flatMap((settings) => [...settings.keys()]))];
  return names
    .map((name) => ({ name, values: all.map((settings) => settings.get(name)) }))
    .filter(({ values }) => new Set(values).size > 1);
}
