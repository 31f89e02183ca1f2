import { Flags } from '@oclif/core';

const REPORT = 'Report';

/** Where the page of a report goes, and what is in it. */
export const reportFlags = {
  report: Flags.string({
    summary: 'File for the HTML page with all items; in the run folder by default.',
    helpGroup: REPORT,
    helpValue: 'FILE',
  }),
  'single-file': Flags.boolean({
    summary: 'Put the pictures into the page, smaller and up to 48 MiB, so that it can be sent.',
    helpGroup: REPORT,
  }),
};

/** What is to be said of a page that was written. */
export function reportNotes({ path, left }: { readonly path: string; readonly left: number }): string[] {
  const note = `${left} pictures are not in the page: there was no room for them, or they cannot be read.`;
  return [`The report is ${path}.`, ...(left > 0 ? [note] : [])];
}
