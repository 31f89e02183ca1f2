import { RewardEditError } from '@rewardedit/core';
import { columnsOfTurns, type Turns } from './turns.ts';
import { USUAL_NAMES } from './usual-names.ts';

/** What a column can hold. The first three have to be there. */
export const FIELDS = ['original', 'edited', 'instruction', 'id', 'kind', 'description', 'truth'] as const;

export type Field = (typeof FIELDS)[number];

const REQUIRED = ['original', 'edited', 'instruction'] as const satisfies readonly Field[];

/** In which columns the fields are. An id may be put together from several. */
export type ColumnMap = Readonly<Record<(typeof REQUIRED)[number], string>> &
  Readonly<Partial<Record<'kind' | 'description' | 'truth', string>>> & {
    /** Whose columns these are. */
    readonly layout: string;
    readonly id: readonly string[];
    /** Columns of the edit back, from the edited picture to the original. */
    readonly inverse?: { readonly instruction: string; readonly description?: string };
    /** Columns that are known and left out on purpose. */
    readonly leftOut: readonly string[];
    /** Where a row holds several edits; the columns are then those of each of them. */
    readonly turns?: Turns;
  };

/** Columns that the user named: a field's name and a column's. */
export type ChosenColumns = Readonly<Partial<Record<Field, string>>>;

type Layout = ChosenColumns & {
  readonly name: string;
  readonly ids?: readonly string[];
  readonly inverse?: NonNullable<ColumnMap['inverse']>;
  readonly leftOut?: readonly string[];
};

/** The columns of published datasets, and our own; the first whose columns are all there counts. */
const LAYOUTS: readonly Layout[] = [
  {
    name: 'RewardEdit',
    original: 'original',
    edited: 'edited',
    truth: 'truth',
    instruction: 'instruction',
    kind: 'kind',
    description: 'description',
  },
  {
    name: 'InstructPix2Pix',
    original: 'original_image',
    edited: 'edited_image',
    instruction: 'edit_prompt',
    description: 'original_prompt',
  },
  {
    name: "diffusers' examples",
    original: 'input_image',
    edited: 'edited_image',
    instruction: 'edit_prompt',
  },
  {
    name: 'MagicBrush',
    original: 'source_img',
    edited: 'target_img',
    instruction: 'instruction',
    ids: ['img_id', 'turn_index'],
    leftOut: ['mask_img'],
  },
  {
    name: 'HQ-Edit',
    original: 'input_image',
    edited: 'output_image',
    instruction: 'edit',
    description: 'input',
    inverse: { instruction: 'inverse_edit', description: 'output' },
  },
  {
    name: 'OmniEdit',
    original: 'src_img',
    edited: 'edited_img',
    instruction: 'edited_prompt_list',
    kind: 'task',
    ids: ['omni_edit_id'],
  },
  {
    name: 'UltraEdit',
    original: 'source_image',
    edited: 'edited_image',
    instruction: 'edit_prompt',
    description: 'source_caption',
    leftOut: ['mask_image'],
  },
  {
    name: 'SEED-Data-Edit',
    original: 'source_image',
    edited: 'target_image',
    instruction: 'instruction',
  },
  {
    name: 'ImgEdit',
    original: 'input_images',
    edited: 'output_images',
    instruction: 'prompt',
  },
  {
    name: 'a list of file names',
    original: 'source',
    edited: 'target',
    instruction: 'prompt',
  },
  {
    name: 'AnyEdit',
    original: 'image_file',
    edited: 'edited_file',
    instruction: 'edit_instruction',
    kind: 'edit_type',
    description: 'input',
    ids: ['image_id'],
    leftOut: ['visual_input'],
  },
  {
    name: "AnyEdit's files of JSON",
    original: 'image_file',
    edited: 'edited_file',
    instruction: 'edit',
    kind: 'edit_type',
    description: 'input',
  },
];

/** Hugging Face's ImageFolder turns columns with this end into pictures. */
const FILE_NAME = '_file_name';
const PICTURES: readonly Field[] = ['original', 'edited', 'truth'];

/**
 * Finds the columns of a triplet among those that are there: those that the user chose, else those of a dataset that is
 * known, else those whose names say it. Throws 'bad-input' where a chosen column is missing, or the required ones cannot be told.
 */
export function findColumns(available: readonly string[], chosen: ChosenColumns, where: string): ColumnMap {
  const has = new Set(available);
  const missing = Object.values(chosen).find((column) => !has.has(column) && !has.has(topOf(column)));
  if (missing !== undefined) throw unknownColumn(missing, available, where);
  const locate = (field: Field, column: string | undefined): string | undefined => {
    if (column === undefined || has.has(column)) return column;
    const file = `${column}${FILE_NAME}`;
    return PICTURES.includes(field) && has.has(file) ? file : undefined;
  };
  const turns = Object.keys(chosen).length === 0 ? columnsOfTurns(has) : undefined;
  if (turns !== undefined) return turns;
  for (const layout of [...LAYOUTS, namesThatSayIt(has)]) {
    const at = (field: Field) => chosen[field] ?? locate(field, layout[field]);
    const [original, edited, instruction] = REQUIRED.map(at);
    if (original === undefined || edited === undefined || instruction === undefined) continue;
    const [kind, description, truth] = (['kind', 'description', 'truth'] as const).map(at);
    const ids = layout.ids ?? [];
    const { inverse } = layout;
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
      leftOut: (layout.leftOut ?? []).filter((column) => has.has(column)),
    };
  }
  throw new RewardEditError(
    'bad-input',
    `none of the known sets of columns is here, but: ${list(available)}`,
    {
      where,
      hint: `name the columns, such as --columns original=before,edited=after,instruction=prompt${nearest(has)}`,
    },
  );
}

/** For each field the one column that is called as such columns usually are; none where there are several. */
function namesThatSayIt(has: ReadonlySet<string>): Layout {
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
    name: 'a dataset that is not known, by their names',
    ids: has.has('key') ? ids : [],
    ...Object.fromEntries(fields),
  };
}

/** A column inside of another is named by its path, such as `images.before`: the column that it is in. */
export function topOf(column: string): string {
  return column.split('.', 1)[0];
}

/** Says which known set of columns is nearly here, if one is, and what to do with originals and instructions alone. */
function nearest(has: ReadonlySet<string>): string {
  const missing = LAYOUTS.map(({ name, ...layout }) => ({
    name,
    columns: REQUIRED.flatMap((field) => layout[field] ?? []).filter(
      (column) => !has.has(column) && !has.has(`${column}${FILE_NAME}`),
    ),
  }));
  const [best] = missing.toSorted((a, b) => a.columns.length - b.columns.length);
  const { original, instruction } = namesThatSayIt(has);
  const isBenchmark =
    original !== undefined && instruction !== undefined && !USUAL_NAMES.edited.some((name) => has.has(name));
  return [
    best.columns.length === REQUIRED.length
      ? ''
      : ` (the columns of ${best.name} are here, but for ${best.columns.join(' and ')})`,
    isBenchmark
      ? '; where there are no edited pictures, it is a benchmark: `rewardedit eval MODEL --on FILE`'
      : '',
  ].join('');
}

function idColumns(has: ReadonlySet<string>, ids: readonly string[]): readonly string[] {
  if (has.has('id')) return ['id'];
  return ids.length > 0 && ids.every((column) => has.has(column)) ? ids : [];
}

function unknownColumn(column: string, available: readonly string[], where: string): RewardEditError {
  return new RewardEditError('bad-input', `there is no column ${column}`, {
    where,
    hint: `the columns are ${list(available)}`,
  });
}

function list(columns: readonly string[]): string {
  return columns.length === 0 ? 'none' : columns.slice(0, 20).join(', ');
}

/** Reads `original=before,edited=after`. Throws 'usage' at anything else. */
export function parseColumns(text: string): ChosenColumns {
  const chosen = new Map<Field, string>();
  for (const part of text.split(',')) {
    const at = part.indexOf('=');
    const [name, column] = [part.slice(0, Math.max(0, at)).trim(), part.slice(at + 1).trim()];
    const field = FIELDS.find((known) => known === name);
    if (field === undefined || column === '' || chosen.has(field)) {
      throw new RewardEditError('usage', `"${part}" does not say in which column something is`, {
        where: '--columns',
        hint: `write FIELD=COLUMN for each of ${REQUIRED.join(', ')}, and if you like ${FIELDS.slice(3).join(', ')}`,
      });
    }
    chosen.set(field, column);
  }
  return Object.fromEntries(chosen);
}
