import { EDIT_KINDS, tripletSchema } from '@rewardedit/core';
import { isEmptyPicture, pictureCell, type PictureAccess } from '../pictures/picture-bytes.ts';
import { FIELDS, type ColumnMap, type Field } from './columns.ts';
import { topOf, unusedInside, withPaths } from './nested-columns.ts';
import { OWN_COLUMNS, ownFields } from './own-columns.ts';
import type { Report } from './reports.ts';
import type { ExtraValue, Row, SourceRow } from './source-triplet.ts';
import { isOfTurns, turnsOf } from './turns.ts';
import { plain, present, scalar, scalarsOf } from './values.ts';

/** Where a kind of edit goes that is not one of ours, and a split that is not a name. */
const [FOREIGN_KIND, FOREIGN_SPLIT] = ['source_kind', 'source_split'];

const recordSchema = tripletSchema.omit({ original: true, edited: true, truth: true });

/** Turns rows of one table into triplets. Its notes count the values that were left out, by column. */
export type RowReader = Report & {
  /**
   * Returns the triplets of a row of named cells; a cell that is null counts as absent. There are several if the instruction is a list
   * (ids `id/0`, `id/1`, ...), if the row holds several turns (`id/1`, `id/2`, ...), and if it also describes the inverse edit
   * (`id/inverse`). A row that is not a triplet says why, and is to be set aside.
   *
   * @param place where the row is, and its id if the table has no column for that.
   */
  read(row: Row, place: { readonly where: string; readonly fallbackId: string }): readonly SourceRow[];
  /** Continues with other columns: a row may have more of them than the first. */
  setColumns(columns: ColumnMap): void;
};

export function createRowReader(columns: ColumnMap, access: PictureAccess): RowReader {
  let used = usedColumns(columns);
  const leftOut = new Map<string, number>();
  const kept = new Set<string>();
  let rows = 0;
  return {
    setColumns(others) {
      columns = others;
      used = usedColumns(columns);
    },
    read(given, place) {
      rows += 1;
      const { paths, isUsed } = used;
      const row = withPaths(given, paths);
      const turns = turnsOf(row, columns);
      // Columns that describe all turns of a row count once.
      const others = turns.map((turn) => Object.entries(turn.row).filter(([name]) => !isUsed(name)));
      const isLeftOut = new Set(unusedInside(given, paths));
      for (const [name, value] of others.flat()) {
        if (value === null || value === undefined) continue;
        if (scalar(value) === undefined) isLeftOut.add(name);
        else kept.add(name);
      }
      for (const name of isLeftOut) leftOut.set(name, (leftOut.get(name) ?? 0) + 1);
      if (turns.length === 0) {
        return [{ id: idOfRow(row, columns, place), where: place.where, unusable: 'it has no turns' }];
      }
      return turns.flatMap((turn, index) => {
        const extra = scalarsOf(Object.fromEntries(others[index]));
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
      ...(columns.inverse === undefined ? [] : [`inverse edit: ${columns.inverse.instruction}`]),
      ...(kept.size === 0 ? [] : [`kept under their own names: ${[...kept].join(', ')}`]),
    ],
  };
}

/** The columns that become fields of a triplet, and the paths among them. */
function usedColumns({ original, edited, truth, instruction, kind, description, id, ...others }: ColumnMap) {
  const named = [original, edited, truth, instruction, kind, description, ...id].filter(
    (name) => name !== undefined,
  );
  const paths = named.filter((name) => name.includes('.'));
  const used = new Set<string>([...named, ...paths.map(topOf), ...OWN_COLUMNS, ...others.leftOut]);
  return { paths, isUsed: (name: string) => used.has(name) || isOfTurns(others.turns, name) };
}

function absent(field: Field): string {
  return field === 'id' ? "no column; made from the row's place" : 'no column';
}

/** A note that names the columns that are left out, if there are any. */
export function leftOutNote(columns: readonly string[]): string[] {
  return columns.length === 0
    ? []
    : [`left out, because a triplet has no field for them: ${columns.join(', ')}`];
}

/** The triplet of a row, or one for each text if its instruction is a list. */
function forwardRows(row: Row, columns: ColumnMap, details: Details): readonly SourceRow[] {
  const texts = row[columns.instruction];
  if (!Array.isArray(texts)) return [tripletOfRow(row, columns, details)];
  if (texts.length === 0) {
    const unusable = `the column ${columns.instruction} holds an empty list`;
    return [{ id: idOfRow(row, columns, details), where: details.where, unusable }];
  }
  return texts.map((text: unknown, index) =>
    tripletOfRow({ ...row, [columns.instruction]: text }, columns, {
      ...details,
      idSuffix: texts.length === 1 ? details.idSuffix : `${details.idSuffix}/${index}`,
    }),
  );
}

/** The inverse edit, whose pictures change places. The kind, truth and reward of the edit do not hold for it. */
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

/** The id in the row's columns, or made from its place if one of them is absent. */
function idOfRow(
  row: Row,
  columns: Pick<ColumnMap, 'id'>,
  { fallbackId, idSuffix = '' }: Pick<Details, 'fallbackId'> & Partial<Details>,
): string {
  const ids = columns.id.map((column) => (Object.hasOwn(row, column) ? plain(row[column]) : undefined));
  const isAbsent = ids.length === 0 || ids.includes(undefined);
  return `${isAbsent ? fallbackId : ids.map(textOf).join('/')}${idSuffix}`;
}

function textOf(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function tripletOfRow(row: Row, columns: ColumnMap, details: Details): SourceRow {
  const { where, access, extra } = details;
  const cell = (column: string | undefined) =>
    column !== undefined && Object.hasOwn(row, column) ? plain(row[column]) : undefined;
  const id = idOfRow(row, columns, details);
  const kind = cell(columns.kind);
  const known = EDIT_KINDS.find((name) => typeof kind === 'string' && name === kind.trim().toLowerCase());
  const split = cell('split');
  const own = ownFields(cell);
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
  const empty = [columns.original, columns.edited].find((column) => isEmptyPicture(row[column]));
  if (empty !== undefined) return { id, where, unusable: `there is no picture in the column ${empty}` };
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
  if (value === undefined) return 'is empty or missing';
  if (typeof value === 'number' || typeof value === 'boolean') return `holds a ${typeof value}, not a text`;
  if (typeof value === 'object') return 'holds a structure, not a text';
  return `is wrong: ${message}`;
}
