/** Numbers names from 0 in order of appearance. */
export type Labels = {
  readonly names: readonly string[];
  /** Returns the number of a name; a new name gets the next number. */
  codeOf(name: string): number;
  find(name: string): number | undefined;
};

export function createLabels(): Labels {
  const names: string[] = [];
  const codes = new Map<string, number>();
  return {
    names,
    codeOf(name) {
      const known = codes.get(name);
      if (known !== undefined) return known;
      codes.set(name, names.length);
      return names.push(name) - 1;
    },
    find: (name) => codes.get(name),
  };
}
