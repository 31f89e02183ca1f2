import type { ExtraValue } from './source-triplet.ts';

/**
 * Returns a cell as JSON has it: null as absent, and parquet's 64-bit integers as `parseJson` reads them, as numbers if that keeps every
 * digit, else as texts.
 */
export function plain(value: unknown): unknown {
  if (typeof value !== 'bigint') return value ?? undefined;
  return String(Number(value)) === value.toString() ? Number(value) : value.toString();
}

/** Returns a cell that can stay with its triplet under its own name: a text, a boolean or a finite number. */
export function scalar(value: unknown): ExtraValue | undefined {
  const found = plain(value);
  if (typeof found === 'number') return Number.isFinite(found) ? found : undefined;
  return typeof found === 'string' || typeof found === 'boolean' ? found : undefined;
}

/** Keeps the entries with such values. */
export function scalarsOf(row: object): Record<string, ExtraValue> {
  return Object.fromEntries(
    Object.entries(row).flatMap(([name, value]): [string, ExtraValue][] => {
      const found = scalar(value);
      return found === undefined ? [] : [[name, found]];
    }),
  );
}

/** Drops the entries that are undefined. */
export function present(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** Drops the values whose names are keys of the row that they are written to. */
export function withoutKeysOf(row: object, extra: Readonly<Record<string, ExtraValue>>): object {
  return Object.fromEntries(Object.entries(extra).filter(([name]) => !Object.hasOwn(row, name)));
}
