import type { EditRecord } from './edit-record.ts';
import type { SetAside } from './job-journal.ts';
import type { MadeJob, MakeOptions } from './make-edits.ts';
import type { JudgeDatasetOptions } from '../judging/judge-dataset.ts';

/** How edits are made, and how they are judged for --best-of. */
export type EditOptions = {
  readonly make: MakeOptions;
  readonly judging: JudgeDatasetOptions;
};

/** A written picture. */
export type Written = { readonly picture: string; readonly width: number; readonly height: number };

/** Result of `edit` for one picture; with --variations, `variations` has all but the first. */
export type EditReport = Written & EditRecord & { readonly variations?: readonly Written[] };

/** Result of `edit` for several pictures. */
export type EditsReport = {
  readonly out: string;
  readonly jobs: number;
  /** Number of jobs done by an earlier command. */
  readonly before: number;
  readonly edits: readonly { readonly id: string; readonly pictures: readonly Written[] }[];
  readonly setAside: readonly SetAside[];
};

/** The pictures written by a job. */
export function writtenBy({ outs }: Pick<MadeJob, 'outs'>): Written[] {
  return outs.map(({ path: picture, width, height }) => ({ picture, width, height }));
}
