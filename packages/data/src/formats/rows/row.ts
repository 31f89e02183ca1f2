import { EDIT_KINDS, PERSPECTIVES, parseJson, tripletSchema } from '@rewardedit/core';
import { FIELDS, topOf, type ColumnMap, type Field } from './columns.ts';
import { pictureCell, type PictureAccess } from '../pictures/picture-bytes.ts';
import type { ExtraValue, SourceRow } from './source-triplet.ts';
import { isOfTurns, turnsOf } from './turns.ts';

type Row = Readonly<Record<string, unknown>>;

/** Columns of our own, in any format. */
const OWN = [
  'id',
  'kind',
  'split',
  'description',
  'faults',
  'rewrites',
  'flippable',
  'reward',
  'judge',
  'extra',
] as const;

/** A table has the reward in columns of its own: `score_following`, `feedback_following`, ..., `judge`. */
export const scoreColumn = (perspective: string) => `score_${perspective}`;
export const feedbackColumn = (perspective: string) => `feedback_${perspective}`;

const REWARD_COLUMNS = PERSPECTIVES.flatMap((name) => [scoreColumn(name), feedbackColumn(name)]);

/** Where a kind goes that is none of ours. */
const FOREIGN_KIND = 'source_kind';
/** The same for what is called a split and names none. */
const FOREIGN_SPLIT = 'source_split';

const recordSchema = tripletSchema.omit({ original: true, edited: true, truth: true });

/** Turns rows of one table into triplets. */
export type RowReader = {
  /**
   * The triplets in a row of named cells; a cell that is null counts as absent. There are several where the instruction is a list, with
   * ids `id/0`, `id/1` and so on; where the row holds several turns, which are called `id/1`, `id/2` and so on; and where it describes the edit
   * back as well, which is called `id/inverse`. A row that is no triplet says why, and is to be set aside.
   *
   * @param place where the row is, and its id where the table has no column for that.
   */
  read(row: Row, place: { readonly where: string; readonly fallbackId: string }): readonly SourceRow[];
  /** Says which values were left out so far, because no triplet has a place for them: column by column, with the number of rows. */
  notes(): readonly string[];
  /** What became of each column that was met so far. */
  explain(): readonly string[];
};

export function createRowReader(columns: ColumnMap, access: PictureAccess): RowReader {
  const { original, edited, truth, instruction, kind, description, id } = columns;
  const named = [original, edited, truth, instruction, kind, description].filter(
    (name) => name !== undefined,
  );
  const paths = [...named, ...id].filter((name) => name.includes('.'));
  const tops = paths.map(topOf);
  const used = new Set<string>([...named, ...tops, ...id, ...OWN, ...REWARD_COLUMNS, ...columns.leftOut]);
  const isUsed = (name: string) => used.has(name) || isOfTurns(columns.turns, name);
  const leftOut = new Map<string, number>();
  const kept = new Set<string>();
  let rows = 0;
  return {
    read(given, place) {
      rows += 1;
      const row = withPaths(given, paths);
      const turns = turnsOf(row, columns);
      // What stands beside the edit; that of all turns of a row is one row's.
      const besides = turns.map((turn) => Object.entries(turn.row).filter(([name]) => !isUsed(name)));
      const isLeftOut = new Set(unusedInside(given, paths));
      for (const [name, value] of besides.flat()) {
        if (value === null || value === undefined) continue;
        if (scalar(value) === undefined) isLeftOut.add(name);
        else kept.add(name);
      }
      for (const name of isLeftOut) leftOut.set(name, (leftOut.get(name) ?? 0) + 1);
      if (turns.length === 0) {
        const unusable = 'there are no turns in it';
        return [{ id: idOfRow(row, columns, place), where: place.where, unusable }];
      }
      return turns.flatMap((turn, index) => {
        const extra = scalarsOf(Object.fromEntries(besides[index]));
        const details = { ...place, access, extra, idSuffix: turn.suffix };
        return [
          ...forwardRows(turn.row, turn.columns, details),
          ...inverseRows(turn.row, turn.columns, details),
        ];
      });
    },
    notes: () => {
      const counted = [...leftOut].map(([name, count]) =>
        count === rows ? name : `${name} (in ${count} of ${rows} rows)`,
      );
      return leftOutNote([...columns.leftOut, ...counted]);
    },
    explain: () => [
      `columns of ${columns.layout}`,
      ...FIELDS.map((field) => `${field}: ${[columns[field] ?? []].flat().join(' / ') || absent(field)}`),
      ...(columns.turns === undefined ? [] : ['each turn is a triplet: ID/1, ID/2, ...']),
      ...(columns.inverse === undefined ? [] : [`the edit back: ${columns.inverse.instruction}`]),
      ...(kept.size === 0 ? [] : [`kept under their own names: ${[...kept].join(', ')}`]),
    ],
  };
}

/** The row with a column of its own for each path that leads to something in it, where there is no column of that very name. */
function withPaths(row: Row, paths: readonly string[]): Row {
  const inner = paths.filter((path) => !Object.hasOwn(row, path)).map((path) => [path, valueAt(row, path)]);
  return inner.length === 0 ? row : { ...row, ...(Object.fromEntries(inner) as Row) };
}

/** What stands beside what paths lead to, in the same column. */
function unusedInside(row: Row, paths: readonly string[]): readonly string[] {
  const tops = new Set(paths.filter((path) => !Object.hasOwn(row, path)).map(topOf));
  return [...tops].flatMap((top) => {
    const value = row[top];
    if (typeof value !== 'object' || value === null) return [];
    const names = Object.keys(value).map((name) => `${top}.${name}`);
    return names.filter((name) => !paths.some((path) => path === name || path.startsWith(`${name}.`)));
  });
}

function valueAt(row: Row, path: string): unknown {
  let value: unknown = row;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Row)[name];
  }
  return value;
}

function absent(field: Field): string {
  return field === 'id' ? 'no column; made of where the row stands' : 'no column';
}

/** Says which columns are left out, if any. */
export function leftOutNote(columns: readonly string[]): string[] {
  return columns.length === 0 ? [] : [`left out, as no triplet has a place for them: ${columns.join(', ')}`];
}

/** The triplet of a row, or one for each text where its instruction is a list of them. */
function forwardRows(row: Row, columns: ColumnMap, details: Details): readonly SourceRow[] {
  const texts = row[columns.instruction];
  if (!Array.isArray(texts)) return [tripletOfRow(row, columns, details)];
  if (texts.length === 0) {
    const unusable = `the column ${columns.instruction} holds a list without any text`;
    return [{ id: idOfRow(row, columns, details), where: details.where, unusable }];
  }
  return texts.map((text: unknown, index) =>
    tripletOfRow({ ...row, [columns.instruction]: text }, columns, {
      ...details,
      idSuffix: texts.length === 1 ? details.idSuffix : `${details.idSuffix}/${index}`,
    }),
  );
}

/** The edit back, for which the pictures change places. What is known of the edit there does not hold for it: kind, truth, reward. */
function inverseRows(row: Row, { inverse, ...columns }: ColumnMap, details: Details): readonly SourceRow[] {
  if (inverse === undefined || row[inverse.instruction] === null || row[inverse.instruction] === undefined)
    return [];
  const { layout, id, original, edited, leftOut } = columns;
  const back = { layout, id, leftOut, original: edited, edited: original, ...inverse };
  const kept = new Set<string>([...id, original, edited, ...Object.values(inverse), 'id', 'split']);
  const cells = Object.fromEntries(Object.entries(row).filter(([name]) => kept.has(name)));
  return [tripletOfRow(cells, back, { ...details, extra: {}, idSuffix: `${details.idSuffix}/inverse` })];
}

type Details = {
  readonly where: string;
  readonly fallbackId: string;
  readonly access: PictureAccess;
  readonly extra: Readonly<Record<string, ExtraValue>>;
  /** What tells the triplets of one row apart. */
  readonly idSuffix: string;
};

function idOfRow(
  row: Row,
  columns: Pick<ColumnMap, 'id'>,
  { fallbackId, idSuffix = '' }: Pick<Details, 'fallbackId'> & Partial<Details>,
): string {
  const ids = columns.id.map((column) =>
    Object.hasOwn(row, column) ? (textOf(plain(row[column])) ?? '') : '',
  );
  return `${ids.length === 0 ? fallbackId : ids.join('/')}${idSuffix}`;
}

function tripletOfRow(row: Row, columns: ColumnMap, details: Details): SourceRow {
  const { where, access, extra } = details;
  const cell = (column: string | undefined) =>
    column !== undefined && Object.hasOwn(row, column) ? plain(row[column]) : undefined;
  const id = idOfRow(row, columns, details);
  const kind = cell(columns.kind);
  const known = EDIT_KINDS.find((name) => typeof kind === 'string' && name === kind.trim().toLowerCase());
  const split = cell('split');
  const own = ownFields(row, cell);
  if ('unusable' in own) return { id, where, unusable: own.unusable };
  const record = recordSchema.safeParse({
    ...present({
      id,
      instruction: cell(columns.instruction),
      kind: known,
      split: isName(split) ? split : undefined,
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
    const column = named[field] ?? path.map(String).join('.');
    const why = field in named ? wrongText(cell(named[field]), message) : `is wrong: ${message}`;
    return { id, where, unusable: `the column ${column} ${why}` };
  }
  const picture = (column: string) => pictureCell(row[column], column, where, access);
  const { truth } = columns;
  const foreign = {
    ...(known === undefined && kind !== undefined && { [FOREIGN_KIND]: kind }),
    ...(!isName(split) && split !== undefined && { [FOREIGN_SPLIT]: split }),
  };
  return {
    record: record.data,
    extra: { ...own.extra, ...extra, ...scalarsOf(foreign) },
    pictures: {
      original: picture(columns.original),
      edited: picture(columns.edited),
      ...(truth !== undefined && cell(truth) !== undefined && { truth: picture(truth) }),
    },
    where,
  };
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

/** Why a cell that should hold a text is wrong. */
function wrongText(value: unknown, message: string): string {
  if (value === undefined) return 'is empty, or not there';
  if (typeof value === 'number' || typeof value === 'boolean') return `holds a ${typeof value}, not a text`;
  if (typeof value === 'object') return 'holds a structure, not a text';
  return `is wrong: ${message}`;
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

/** Parquet's 64-bit integers as `parseJson` reads them: numbers where those have the same digits, texts where not; null as absent. */
function plain(value: unknown): unknown {
  if (typeof value !== 'bigint') return value ?? undefined;
  return String(Number(value)) === value.toString() ? Number(value) : value.toString();
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
      rewrites: withoutNulls(parsed(cell('rewrites'))),
      flippable: cell('flippable'),
      reward: withoutNulls(reward),
    };
    return {
      fields: present(fields),
      extra: typeof extra === 'object' && extra !== null ? scalarsOf(extra) : {},
    };
  } catch {
    const broken = ['extra', 'judge', 'faults', 'rewrites', 'reward'].filter(
      (name) => typeof row[name] === 'string',
    );
    return { unusable: `one of the columns ${broken.join(', ')} is no JSON` };
  }
}

/** What a table can hold as JSON text only. Throws where it is none. */
function parsed(value: unknown): unknown {
  return typeof value === 'string' ? parseJson(value) : value;
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
