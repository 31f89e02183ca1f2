import { stringify } from 'yaml';

/** Writes the YAML between two lines of dashes at the beginning of a Hugging Face README. */
export function frontMatter(fields: Readonly<Record<string, unknown>>): string {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return `---\n${stringify(Object.fromEntries(given))}---\n`;
}

/** Hugging Face's size category for a number of rows. */
export function sizeCategory(count: number): string {
  const ends = [
    [1e3, 'n<1K'],
    [1e4, '1K<n<10K'],
    [1e5, '10K<n<100K'],
    [1e6, '100K<n<1M'],
    [1e7, '1M<n<10M'],
  ] as const;
  return ends.find(([end]) => count < end)?.[1] ?? '10M<n<100M';
}
