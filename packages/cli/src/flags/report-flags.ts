import { Flags } from '@oclif/core';
import { inGroup } from './flags.ts';

/** Where the HTML report goes, and how its pictures are stored. */
export const reportFlags = inGroup('Report', {
  report: Flags.string({
    summary: 'File for the HTML page with all items; in the run folder by default.',
    helpValue: 'FILE',
  }),
  'single-file': Flags.boolean({
    summary:
      'Embed the pictures in the page, downscaled and up to 48 MiB in all, so that one file can be sent.',
  }),
});

/** Notes to print about a report that was written: its path, and how many pictures it lacks. */
export function reportNotes({ path, left }: { readonly path: string; readonly left: number }): string[] {
  const note = `${left} pictures are not in the page: they did not fit, or cannot be read.`;
  return [`The report is ${path}.`, ...(left > 0 ? [note] : [])];
}
