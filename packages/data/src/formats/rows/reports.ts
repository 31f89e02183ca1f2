/** What a reader has to say about the rows it has read so far. */
export type Report = {
  /** Columns that were left out, and rules that were applied. */
  notes(): readonly string[];
  /** What became of each column, a line each. */
  explain(): readonly string[];
};

/** Merges the reports of several readers, each line once. They may be asked for at any time, even if reading stopped early. */
export function mergeReports(): Report & { add<Reader extends Report>(reader: Reader): Reader } {
  const readers: Report[] = [];
  return {
    add(reader) {
      readers.push(reader);
      return reader;
    },
    notes: () => [...new Set(readers.flatMap((reader) => reader.notes()))],
    explain: () => [...new Set(readers.flatMap((reader) => reader.explain()))],
  };
}
