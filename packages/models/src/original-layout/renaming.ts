/** Replacements of parts of a name; `#` matches any number, as in `resnets.#` and `block.#`. */
export type Renaming = readonly (readonly [
  ours: string,
  theirs: string | ((...numbers: number[]) => string),
])[];

/** Returns a function that applies the first matching row of each table in turn. */
export function renamer(...tables: readonly Renaming[]): (name: string) => string {
  const compiled = tables.map((table) =>
    table.map(([ours, theirs]) => {
      const pattern = ours.replaceAll('.', '\\.').replaceAll('#', '(\\d+)');
      return [new RegExp(`(?<=^|\\.)${pattern}(?=\\.)`), theirs] as const;
    }),
  );
  return (name) =>
    compiled.reduce((renamed, table) => {
      const row = table.find(([pattern]) => pattern.test(renamed));
      if (!row) return renamed;
      const [pattern, theirs] = row;
      return renamed.replace(pattern, (_, ...found: unknown[]) =>
        typeof theirs === 'string' ? theirs : theirs(...found.slice(0, -2).map(Number)),
      );
    }, name);
}
