import type { EditRecord } from './edit-record.ts';
import type { SetAside } from './job-journal.ts';
import type { MadeJob } from './make-edits.ts';

/** A picture that was written. */
export type Written = { readonly picture: string; readonly width: number; readonly height: number };

/** What `edit` tells of one picture; with --variations, those after the first stand in `variations`. */
export type EditReport = Written & EditRecord & { readonly variations?: readonly Written[] };

/** What it tells of many. */
export type EditsReport = {
  readonly out: string;
  readonly jobs: number;
  /** How many of them were done by an earlier call. */
  readonly before: number;
  readonly edits: readonly { readonly id: string; readonly pictures: readonly Written[] }[];
  readonly setAside: readonly SetAside[];
};

/** The pictures of a job. */
export function writtenBy({ outs }: Pick<MadeJob, 'outs'>): Written[] {
  return outs.map(({ path: picture, width, height }) => ({ picture, width, height }));
}
