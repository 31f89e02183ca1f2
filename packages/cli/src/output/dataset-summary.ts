/** What a command that makes a dataset returns. */
export type MadeDataset = {
  readonly folder: string;
  /** Triplets in the folder. */
  readonly count: number;
  /** Those of them that were made this time. */
  readonly written: number;
  /** Photos that could not be decoded, if there are any. */
  readonly setAside?: number;
};

/** One line on what was made, and what was there before. */
export function datasetSummary({ folder, count, written }: MadeDataset): string {
  const before = written === count ? '' : ` (${written} made now, ${count - written} there before)`;
  return `${folder} has ${count} triplets${before}.`;
}
