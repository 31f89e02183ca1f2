import { EDIT_KINDS, HIGHEST_SCORE, PERSPECTIVES, type Perspective, type Reward } from '@rewardedit/core';
import { z } from 'zod';

/** What the page asks the server, and what it gets; the page takes only the types from here. */

const scoreSchema = z.number().min(0).max(HIGHEST_SCORE);

/** The kinds that rows are filtered by; 'none' are those whose kind is not known. */
export const ROW_KINDS = [...EDIT_KINDS, 'none'] as const;

export type RowKind = (typeof ROW_KINDS)[number];

export const ROWS_PER_PAGE = 60;

/** Texts that a person writes may be this long. */
export const LONGEST_FEEDBACK = 10_000;

/** Which rows to list, and in which order. */
export const rowQuerySchema = z.strictObject({
  /** Words, or "phrases" in quotes, that must all occur in id, instruction or feedback. */
  text: z.string().max(500),
  /** Kinds to list; all where there is none. */
  kinds: z.array(z.enum(ROW_KINDS)).max(ROW_KINDS.length),
  /** Whether a row has a score from every perspective, lacks one, or was set aside by the judge. */
  reward: z.enum(['any', 'complete', 'incomplete', 'set-aside']),
  corrected: z.enum(['any', 'yes', 'no']),
  /** The lowest and the highest score from a perspective; a row without that score is not listed. */
  scores: z.partialRecord(z.enum(PERSPECTIVES), z.tuple([scoreSchema, scoreSchema])),
  /** 'position', a perspective, 'overall', 'spread', 'worth' of a correction, or 'measure:' and a name. */
  sort: z.string().max(300),
  descending: z.boolean(),
});

export type RowQuery = z.infer<typeof rowQuerySchema>;

/** What stays the same while the page is open. */
export type About = {
  readonly name: string;
  readonly count: number;
  readonly judge?: string;
  readonly highestScore: number;
  readonly longestFeedback: number;
  readonly rowsPerPage: number;
  readonly perspectives: readonly { readonly name: Perspective; readonly title: string }[];
  readonly kinds: readonly RowKind[];
  /** Names of the measures that rows can be sorted by. */
  readonly measures: readonly string[];
};

/** A row as the list shows it. */
export type RowSummary = {
  readonly position: number;
  readonly id: string;
  readonly instruction: string;
  /** The scores that count: a person's, else the judge's. */
  readonly scores: Partial<Record<Perspective, number>>;
  readonly overall?: number;
  readonly isCorrected: boolean;
  readonly isSetAside: boolean;
};

/** How many rows of each sort there are; every number leaves out the filter that it belongs to. */
export type Facets = {
  readonly scores: Readonly<Record<Perspective, readonly number[]>>;
  readonly kinds: Readonly<Record<RowKind, number>>;
  readonly reward: Readonly<Record<RowQuery['reward'], number>>;
  readonly corrected: Readonly<Record<RowQuery['corrected'], number>>;
};

/**
 * One page of a list of rows. A list keeps its rows and their order while people correct scores, so that no row moves
 * past them; `list` is its number, and asking without it, or for one that is gone, makes the list anew.
 */
export type RowsPage = {
  readonly list: number;
  readonly total: number;
  readonly page: number;
  readonly rows: readonly RowSummary[];
  readonly facets: Facets;
};

export const PICTURE_ROLES = ['original', 'edited', 'truth'] as const;

export type PictureRole = (typeof PICTURE_ROLES)[number];

/** What a person said about a triplet. */
export type CorrectionShown = Pick<Reward, 'scores' | 'feedback'> & { readonly time: string };

/** All that is known about a row. */
export type RowDetails = {
  readonly position: number;
  readonly id: string;
  readonly instruction: string;
  readonly kind?: RowKind;
  readonly description?: string;
  readonly pictures: Readonly<Partial<Record<PictureRole, string>>>;
  /** The judge's own reward, whatever a person said. */
  readonly judged?: Reward;
  readonly missing?: string;
  readonly measures: readonly (readonly [name: string, value: number])[];
  readonly setAside?: { readonly reason: string; readonly replies: readonly string[] };
  readonly correction?: CorrectionShown;
};

const perspectiveChangeSchema = z.strictObject({
  /** The person's score; null for none. */
  score: scoreSchema.nullable().exactOptional(),
  /** The person's text; null for none. */
  feedback: z.string().max(LONGEST_FEEDBACK).nullable().exactOptional(),
});

/** What changes in a person's correction of a row; what is not named stays. */
export const changeSchema = z.strictObject({
  position: z.int().nonnegative(),
  /** The triplet's id, which has to be the one at this position. */
  id: z.string().min(1),
  perspectives: z
    .partialRecord(z.enum(PERSPECTIVES), perspectiveChangeSchema)
    .refine((changes) => Object.keys(changes).length > 0, 'nothing is changed'),
});

export type Change = z.infer<typeof changeSchema>;

export type PerspectiveChange = z.infer<typeof perspectiveChangeSchema>;

/** The answer to a change that is on the disk. */
export type Saved = {
  /** How many changes the server had saved by then, to tell an answer that comes late from a later one. */
  readonly number: number;
  readonly row: RowSummary;
  readonly correction?: CorrectionShown;
};

/** The answer to a request that failed. */
export type { Problem } from '@rewardedit/pages/browser/problem';
