import type { ColumnMap } from './columns.ts';
import type { Row } from './source-triplet.ts';

/** How a row holds several successive edits. */
export type Turns =
  /** In columns numbered from 1, each an edit of the previous result: `instruction_1`, `edit_image_1`, `instruction_2`, ... */
  | 'numbered'
  /** In one column with a list of rows, each with its own pictures. */
  | { readonly list: string };

/** One edit of a row: its cells and its columns. */
export type Turn = {
  readonly row: Row;
  readonly columns: ColumnMap;
  /** Appended to the id of the row. */
  readonly suffix: string;
};

const FIRST_PICTURE = 'source_image';
const NUMBERED = /^(?:instruction|edit_image)_([1-9]\d{0,3})$/;

/** Columns allowed beside a list of turns. */
const BESIDE_LIST: ReadonlySet<string> = new Set(['id', 'split', 'data']);

/** Returns the columns of the first turn if these are the columns of a published dataset whose rows hold several turns. */
export function columnsOfTurns(has: ReadonlySet<string>): ColumnMap | undefined {
  const id = has.has('id') ? ['id'] : [];
  if ([FIRST_PICTURE, 'instruction_1', 'edit_image_1'].every((name) => has.has(name))) {
    return { layout: 'SEED-Data-Edit, several turns', ...numbered(1), id, leftOut: [], turns: 'numbered' };
  }
  if (has.has('data') && [...has].every((name) => BESIDE_LIST.has(name))) {
    return {
      layout: 'ImgEdit, several turns',
      ...{ original: 'input_images', edited: 'output_images', instruction: 'prompt' },
      ...{ id, leftOut: [], turns: { list: 'data' } },
    };
  }
  return undefined;
}

/** Whether a column belongs to a turn. */
export function isOfTurns(turns: Turns | undefined, column: string): boolean {
  if (turns === 'numbered') return column === FIRST_PICTURE || NUMBERED.test(column);
  return turns?.list === column;
}

/** Returns the edits in a row: one, unless its columns hold turns. Empty if a list of turns is not a list. */
export function turnsOf(row: Row, columns: ColumnMap): readonly Turn[] {
  const { turns } = columns;
  if (turns === undefined) return [{ row, columns, suffix: '' }];
  if (turns === 'numbered') {
    const found = Object.entries(row).flatMap(([name, value]) =>
      value === null || value === undefined ? [] : (NUMBERED.exec(name)?.[1] ?? []),
    );
    const numbers = [...new Set(found.map(Number))].sort((a, b) => a - b);
    return numbers.map((turn) => ({ row, columns: { ...columns, ...numbered(turn) }, suffix: `/${turn}` }));
  }
  const { [turns.list]: listed, ...rest } = row;
  if (!Array.isArray(listed)) return [];
  return listed.map((turn: unknown, index) => ({
    row: typeof turn === 'object' && turn !== null ? { ...rest, ...turn } : rest,
    columns,
    suffix: `/${index + 1}`,
  }));
}

function numbered(turn: number) {
  const original = turn === 1 ? FIRST_PICTURE : `edit_image_${turn - 1}`;
  return { original, edited: `edit_image_${turn}`, instruction: `instruction_${turn}` };
}
