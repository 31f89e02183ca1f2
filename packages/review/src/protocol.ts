import { EDIT_KINDS, HIGHEST_SCORE, PERSPECTIVES, type Perspective, type Reward } from '@rewardedit/core';
import { z } from 'zod';

/** Requests of the page and responses of the server; the page imports only the types. */

const scoreSchema = z.number().min(0).max(HIGHEST_SCORE);

/** The kinds to filter rows by; 'none' is for rows without a kind. */
export const ROW_KINDS = [...EDIT_KINDS, 'none'] as const;

export type RowKind = (typeof ROW_KINDS)[number];

export const ROWS_PER_PAGE = 60;

/** The length limit of a person's text. */
export const LONGEST_FEEDBACK = 10_000;

/** Which rows to list, and in which order. */
export const rowQuerySchema = z.strictObject({
  /** Words, or "phrases" in quotes, that must all occur in id, instruction or feedback. */
  text: z.string().max(500),
  /** Kinds to list; empty for all. */
  kinds: z.array(z.enum(ROW_KINDS)).max(ROW_KINDS.length),
  /** Whether a row has a score from every perspective, lacks one, or was quarantined. */
  reward: z.enum(['any', 'complete', 'incomplete', 'set-aside']),
  corrected: z.enum(['any', 'yes', 'no']),
  /** The lowest and the highest score from a perspective; a row without that score is not listed. */
  scores: z.partialRecord(z.enum(PERSPECTIVES), z.tuple([scoreSchema, scoreSchema])),
  /** 'position', a perspective, 'overall', 'spread', 'worth' (of a correction), or 'measure:' and a name. */
  sort: z.string().max(300),
  descending: z.boolean(),
});

export type RowQuery = z.infer<typeof rowQuerySchema>;

/** What is constant while the page is open. */
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

/** A row in the list. */
export type RowSummary = {
  readonly position: number;
  readonly id: string;
  readonly instruction: string;
  /** The effective scores: a person's, else the judge's. */
  readonly scores: Partial<Record<Perspective, number>>;
  readonly overall?: number;
  readonly isCorrected: boolean;
  readonly isSetAside: boolean;
};

/** Counts of rows for each filter's options, ignoring that filter itself. */
export type Facets = {
  readonly scores: Readonly<Record<Perspective, readonly number[]>>;
  readonly kinds: Readonly<Record<RowKind, number>>;
  readonly reward: Readonly<Record<RowQuery['reward'], number>>;
  readonly corrected: Readonly<Record<RowQuery['corrected'], number>>;
};

/**
 * One page of a list of rows. A list keeps its rows and their order while people correct scores, so that they skip no row; `list`
 * is its number. A request without it, or for an expired one, makes a new list.
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

/** A person's correction of a triplet. */
export type CorrectionShown = Pick<Reward, 'scores' | 'feedback'> & { readonly time: string };

/** All details of a row. */
export type RowDetails = {
  readonly position: number;
  readonly id: string;
  readonly instruction: string;
  readonly kind?: RowKind;
  readonly description?: string;
  readonly pictures: Readonly<Partial<Record<PictureRole, string>>>;
  /** The judge's reward, without corrections. */
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

/** A change of a person's correction of a row; absent fields stay unchanged. */
export const changeSchema = z.strictObject({
  position: z.int().nonnegative(),
  /** The triplet's id, which must be the one at this position. */
  id: z.string().min(1),
  perspectives: z
    .partialRecord(z.enum(PERSPECTIVES), perspectiveChangeSchema)
    .refine((changes) => Object.keys(changes).length > 0, 'the request changes nothing'),
});

export type Change = z.infer<typeof changeSchema>;

export type PerspectiveChange = z.infer<typeof perspectiveChangeSchema>;

/** The response to a change that is on the disk. */
export type Saved = {
  /** The number of changes the server had saved by then, to order responses that arrive late. */
  readonly number: number;
  readonly row: RowSummary;
  readonly correction?: CorrectionShown;
};

/** The response to a failed request. */
export type { Problem } from '@rewardedit/pages/browser/problem';
