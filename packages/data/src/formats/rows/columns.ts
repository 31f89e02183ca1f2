import { RewardEditError } from '@rewardedit/core';
import { LAYOUTS, type Layout } from './layouts.ts';
import { topOf } from './nested-columns.ts';
import { columnsOfTurns, type Turns } from './turns.ts';
import { USUAL_NAMES } from './usual-names.ts';

/** What a column can hold. The first three are required. */
export const FIELDS = ['original', 'edited', 'instruction', 'id', 'kind', 'description', 'truth'] as const;

export type Field = (typeof FIELDS)[number];

const REQUIRED = ['original', 'edited', 'instruction'] as const satisfies readonly Field[];

/** The column of each field. An id may be joined from several. */
export type ColumnMap = Readonly<Record<(typeof REQUIRED)[number], string>> &
  Readonly<Partial<Record<'kind' | 'description' | 'truth', string>>> & {
    /** The dataset that has these columns. */
    readonly layout: string;
    readonly id: readonly string[];
    /** Columns of the inverse edit, from the edited picture to the original. */
    readonly inverse?: { readonly instruction: string; readonly description?: string };
    /** Known columns that are left out on purpose. */
    readonly leftOut: readonly string[];
    /** Set if a row holds several edits; the columns are then those of each edit. */
    readonly turns?: Turns;
  };

/** Columns that the user named, by field. */
export type ChosenColumns = Readonly<Partial<Record<Field, string>>>;

/** Hugging Face's ImageFolder reads pictures from columns with this suffix. */
const FILE_NAME = '_file_name';
const PICTURES: readonly Field[] = ['original', 'edited', 'truth'];

/**
 * Maps the fields of a triplet to columns: the user's choice first, then the first known dataset whose required columns are all there, then
 * columns whose names leave no doubt. Throws 'bad-input' if a chosen column is missing, or the required columns cannot be told.
 */
export function findColumns(available: readonly string[], chosen: ChosenColumns, where: string): ColumnMap {
  const has = new Set(available);
  const missing = Object.values(chosen).find((column) => !has.has(column) && !has.has(topOf(column)));
  if (missing !== undefined) {
    const hint = `the columns are ${list(available)}`;
    throw new RewardEditError('bad-input', `there is no column ${missing}`, { where, hint });
  }
  const locate = (field: Field, column: string | undefined): string | undefined => {
    if (column === undefined || has.has(column)) return column;
    const file = `${column}${FILE_NAME}`;
    return PICTURES.includes(field) && has.has(file) ? file : undefined;
  };
  const turns = Object.keys(chosen).length === 0 ? columnsOfTurns(has) : undefined;
  if (turns !== undefined) return turns;
  for (const layout of [...LAYOUTS, layoutOfUsualNames(has)]) {
    const at = (field: Field) => chosen[field] ?? locate(field, layout[field]);
    const [original, edited, instruction] = REQUIRED.map(at);
    if (original === undefined || edited === undefined || instruction === undefined) continue;
    const [kind, description, truth] = (['kind', 'description', 'truth'] as const).map(at);
    const { inverse, ids = [], leftOut = [] } = layout;
    return {
      layout: layout.name,
      original,
      edited,
      instruction,
      ...(kind !== undefined && { kind }),
      ...(description !== undefined && { description }),
      ...(truth !== undefined && { truth }),
      id: chosen.id === undefined ? idColumns(has, ids) : [chosen.id],
      ...(inverse !== undefined && has.has(inverse.instruction) && { inverse }),
      leftOut: leftOut.filter((column) => has.has(column)),
    };
  }
  throw new RewardEditError(
    'bad-input',
    available.length === 0
      ? 'there are no columns'
      : `no known dataset has these columns: ${list(available)}`,
    {
      where,
      hint: `name them, such as --columns original=before,edited=after,instruction=prompt${nearest(has)}`,
    },
  );
}

/** Throws 'bad-input' if two columns have the same name: only one of them could be read. */
export function refuseRepeatedColumns(names: readonly string[], where: string): void {
  const repeated = names.find((name, at) => name !== '' && names.indexOf(name) !== at);
  if (repeated === undefined) return;
  throw new RewardEditError('bad-input', `two columns are called ${repeated}`, {
    where,
    hint: 'rename one of them',
  });
}

/** Picks the column for each field by its name, unless several columns have a usual name for it. */
function layoutOfUsualNames(has: ReadonlySet<string>): Layout {
  const only = (field: keyof typeof USUAL_NAMES) => {
    const found = USUAL_NAMES[field].filter((name) => has.has(name) || has.has(`${name}${FILE_NAME}`));
    return found.length === 1 ? found[0] : undefined;
  };
  const fields = (['original', 'edited', 'instruction', 'kind'] as const).flatMap((field) => {
    const column = only(field);
    return column === undefined ? [] : [[field, column] as const];
  });
  const ids = ['key', 'instruction_language'].filter((name) => has.has(name));
  return {
    name: 'an unknown dataset, by their names',
    ids: has.has('key') ? ids : [],
    ...Object.fromEntries(fields),
  };
}

/** Names the known dataset that lacks the fewest columns here, and what reads a dataset without edited pictures. */
function nearest(has: ReadonlySet<string>): string {
  const missing = LAYOUTS.map(({ name, ...layout }) => ({
    name,
    columns: REQUIRED.flatMap((field) => layout[field] ?? []).filter(
      (column) => !has.has(column) && !has.has(`${column}${FILE_NAME}`),
    ),
  }));
  const [best] = missing.toSorted((a, b) => a.columns.length - b.columns.length);
  const { original, instruction } = layoutOfUsualNames(has);
  const isBenchmark =
    original !== undefined && instruction !== undefined && !USUAL_NAMES.edited.some((name) => has.has(name));
  return [
    best.columns.length === REQUIRED.length
      ? ''
      : ` (all columns of ${best.name} are here except ${best.columns.join(' and ')})`,
    isBenchmark ? '; for a benchmark without edited pictures: `rewardedit eval MODEL --on FILE`' : '',
  ].join('');
}

function idColumns(has: ReadonlySet<string>, ids: readonly string[]): readonly string[] {
  if (has.has('id')) return ['id'];
  return ids.length > 0 && ids.every((column) => has.has(column)) ? ids : [];
}

function list(columns: readonly string[]): string {
  return columns.length === 0 ? 'none' : columns.slice(0, 20).join(', ');
}

/** Parses `original=before,edited=after`. Throws 'usage' for anything else. */
export function parseColumns(text: string): ChosenColumns {
  const chosen = new Map<Field, string>();
  for (const part of text.split(',')) {
    const at = part.indexOf('=');
    const [name, column] = [part.slice(0, Math.max(0, at)).trim(), part.slice(at + 1).trim()];
    const field = FIELDS.find((known) => known === name);
    if (field === undefined || column === '' || chosen.has(field)) {
      throw new RewardEditError('usage', `"${part}" does not assign a column to a field`, {
        where: '--columns',
        hint: `write FIELD=COLUMN for each of ${REQUIRED.join(', ')}; optional fields are ${FIELDS.slice(3).join(', ')}`,
      });
    }
    chosen.set(field, column);
  }
  return Object.fromEntries(chosen);
}
