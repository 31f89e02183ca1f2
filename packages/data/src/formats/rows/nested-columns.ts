import type { Row } from './source-triplet.ts';

/** A value inside a column is named by its path, such as `images.before` or `images.after.0`. Returns the column's own name. */
export function topOf(path: string): string {
  return path.split('.', 1)[0];
}

/** Adds a column for each path that leads to a value inside another column, unless a column has that very name. */
export function withPaths(row: Row, paths: readonly string[]): Row {
  const inner = paths.filter((path) => !Object.hasOwn(row, path)).map((path) => [path, valueAt(row, path)]);
  return inner.length === 0 ? row : { ...row, ...(Object.fromEntries(inner) as Row) };
}

/** Lists the paths of values that are in the same columns as `paths` but are not used. */
export function unusedInside(row: Row, paths: readonly string[]): readonly string[] {
  const tops = new Set(paths.filter((path) => !Object.hasOwn(row, path)).map(topOf));
  return [...tops].flatMap((top) => {
    const value = row[top];
    if (typeof value !== 'object' || value === null) return [];
    const names = Object.keys(value).map((name) => `${top}.${name}`);
    return names.filter((name) => !paths.some((path) => path === name || path.startsWith(`${name}.`)));
  });
}

function valueAt(row: Row, path: string): unknown {
  let value: unknown = row;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Row)[name];
  }
  return value;
}
