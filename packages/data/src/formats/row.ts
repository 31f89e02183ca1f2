import { EDIT_KINDS, PERSPECTIVES, tripletSchema } from '@rewardedit/core';
import type { ColumnMap } from './columns.ts';
import { pictureCell, type PictureAccess } from './picture-bytes.ts';
import type { ExtraValue, SourceRow } from './source-triplet.ts';

type Row = Readonly<Record<string, unknown>>;

/** Columns of our own, in any format. */
const OWN = ['id', 'kind', 'description', 'faults', 'flippable', 'reward', 'judge', 'extra'] as const;

/** A table has the reward in columns of its own: `score_following`, `feedback_following`, ..., `judge`. */
export const scoreColumn = (perspective: string) => `score_${perspective}`;
export const feedbackColumn = (perspective: string) => `feedback_${perspective}`;

const REWARD_COLUMNS = PERSPECTIVES.flatMap((name) => [scoreColumn(name), feedbackColumn(name)]);

/** Where a kind goes that is none of ours. */
const FOREIGN_KIND = 'source_kind';

const recordSchema = tripletSchema.omit({ original: true, edited: true, truth: true });

/** Turns rows of one table into triplets. */
export type RowReader = {
  /**
   * The triplet in a row of named cells; a cell that is null counts as absent. A row that is none says why, and is to be
   * set aside.
   *
   * @param place where the row is, and its id where the table has no column for that.
   */
  read(row: Row, place: { readonly where: string; readonly fallbackId: string }): SourceRow;
  /** The columns met so far that no triplet has a place for, and that hold no plain values either. */
  leftOut(): readonly string[];
};

export function createRowReader(columns: ColumnMap, access: PictureAccess): RowReader {
  const { original, edited, truth, instruction, kind, description, id } = columns;
  const named = [original, edited, truth, instruction, kind, description].filter(
    (name) => name !== undefined,
  );
  const used = new Set<string>([...named, ...id, ...OWN, ...REWARD_COLUMNS]);
  const leftOut = new Set<string>(columns.leftOut);
  return {
    read(row, place) {
      const unused = Object.entries(row).filter(([name]) => !used.has(name));
      const rest = unused.filter(([name]) => !leftOut.has(name));
      for (const [name, value] of rest) {
        if (value !== null && value !== undefined && scalar(value) === undefined) leftOut.add(name);
      }
      return tripletOfRow(row, columns, { ...place, access, extra: scalarsOf(Object.fromEntries(rest)) });
    },
    leftOut: () => [...leftOut],
  };
}

type Details = {
  readonly where: string;
  readonly fallbackId: string;
  readonly access: PictureAccess;
  readonly extra: Readonly<Record<string, ExtraValue>>;
};

function tripletOfRow(
  row: Row,
  columns: ColumnMap,
  { where, fallbackId, access, extra }: Details,
): SourceRow {
  const cell = (column: string | undefined) =>
    column !== undefined && Object.hasOwn(row, column) ? plain(row[column]) : undefined;
  const id =
    columns.id.length === 0 ? fallbackId : columns.id.map((column) => textOf(cell(column)) ?? '').join('/');
  const kind = cell(columns.kind);
  const known = EDIT_KINDS.find((name) => typeof kind === 'string' && name === kind.trim().toLowerCase());
  const own = ownFields(row, cell);
  if ('unusable' in own) return { id, where, unusable: own.unusable };
  const record = recordSchema.safeParse({
    ...present({
      id,
      instruction: cell(columns.instruction),
      kind: known,
      description: cell(columns.description),
    }),
    ...own.fields,
  });
  if (!record.success) {
    const { path, message } = record.error.issues[0];
    const field = String(path[0]);
    const named: Readonly<Record<string, string>> = {
      instruction: columns.instruction,
      id: columns.id.join(', '),
    };
    return {
      id,
      where,
      unusable: `the column ${named[field] ?? path.map(String).join('.')} is wrong: ${message}`,
    };
  }
  const picture = (column: string) => pictureCell(row[column], column, where, access);
  const { truth } = columns;
  const foreignKind = known === undefined && kind !== undefined ? { [FOREIGN_KIND]: kind } : {};
  return {
    record: record.data,
    extra: { ...own.extra, ...extra, ...scalarsOf(foreignKind) },
    pictures: {
      original: picture(columns.original),
      edited: picture(columns.edited),
      ...(truth !== undefined && cell(truth) !== undefined && { truth: picture(truth) }),
    },
    where,
  };
}

/** The entries that are plain values. */
export function scalarsOf(row: object): Record<string, ExtraValue> {
  return Object.fromEntries(
    Object.entries(row).flatMap(([name, value]): [string, ExtraValue][] => {
      const found = scalar(value);
      return found === undefined ? [] : [[name, found]];
    }),
  );
}

function scalar(value: unknown): ExtraValue | undefined {
  const number = plain(value);
  if (typeof number === 'number') return Number.isFinite(number) ? number : undefined;
  return typeof number === 'string' || typeof number === 'boolean' ? number : undefined;
}

/** Parquet's 64-bit integers as numbers where they fit, as text where not; null as absent. */
function plain(value: unknown): unknown {
  if (typeof value !== 'bigint') return value ?? undefined;
  return Number.isSafeInteger(Number(value)) ? Number(value) : value.toString();
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

type OwnFields = { readonly extra: Record<string, ExtraValue>; readonly fields: Record<string, unknown> };

function ownFields(row: Row, cell: (column: string) => unknown): OwnFields | { unusable: string } {
  try {
    const extra = parsed(cell('extra'));
    const scores = present(Object.fromEntries(PERSPECTIVES.map((name) => [name, cell(scoreColumn(name))])));
    const feedback = present(
      Object.fromEntries(PERSPECTIVES.map((name) => [name, cell(feedbackColumn(name))])),
    );
    const isFlat = Object.keys(scores).length + Object.keys(feedback).length > 0;
    const reward = isFlat
      ? present({ scores, feedback, judge: parsed(cell('judge')) })
      : parsed(cell('reward'));
    const fields = {
      faults: parsed(cell('faults')),
      flippable: cell('flippable'),
      reward: withoutNulls(reward),
    };
    return {
      fields: present(fields),
      extra: typeof extra === 'object' && extra !== null ? scalarsOf(extra) : {},
    };
  } catch {
    const broken = ['extra', 'judge', 'faults', 'reward'].filter((name) => typeof row[name] === 'string');
    return { unusable: `one of the columns ${broken.join(', ')} is no JSON` };
  }
}

/** What a table can hold as JSON text only. Throws where it is none. */
function parsed(value: unknown): unknown {
  return typeof value === 'string' ? (JSON.parse(value) as unknown) : value;
}

/** Hugging Face fills structs up with nulls. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value) || typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, inner]) => (inner === null ? [] : [[name, withoutNulls(inner)]])),
  );
}

function present(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
