/** Numbers for names, from 0 in the order in which they come. */
export type Labels = {
  readonly names: readonly string[];
  /** The number of a name, which gets the next one where it is new. */
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
