/** What stands for a part of a name, in which `#` is any number: `resnets.#` and `block.#`. */
export type Renaming = readonly (readonly [
  ours: string,
  theirs: string | ((...numbers: number[]) => string),
])[];

/** A function that replaces the first part of a name that a row of the table fits, for each table in turn. */
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
