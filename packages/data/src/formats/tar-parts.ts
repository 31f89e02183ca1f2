import type { Field } from './columns.ts';

type Role = Extract<Field, 'original' | 'edited' | 'truth'>;

/** What the parts of a sample are called: the first piece of `{key}.{part}`, without the ending of a picture. */
const ROLES: Readonly<Record<Role, readonly string[]>> = {
  original: [
    'original',
    'original_image',
    'input',
    'input_image',
    'source',
    'source_img',
    'src',
    'src_img',
    'before',
    '0',
  ],
  edited: [
    'edited',
    'edited_image',
    'output',
    'output_image',
    'target',
    'target_img',
    'tgt',
    'tgt_img',
    'after',
    '1',
  ],
  truth: ['truth'],
};

/** Texts that are the instruction itself. */
const INSTRUCTIONS = ['txt', 'instruction.txt', 'edit.txt', 'prompt.txt', 'edit_prompt.txt'];

/** What the instruction is called in a sample's JSON. */
export const INSTRUCTION_KEYS = ['instruction', 'edit_prompt', 'edit', 'edit_instruction', 'prompt'] as const;

const PICTURE_ENDING = /\.(?:jpe?g|png|webp|tiff?|gif)$/;

/** What a part of a sample holds. */
export type PartRole = Role | 'json' | 'instruction';

/** The role of a part, such as `original.jpg`; undefined for one that no triplet has a place for. */
export function roleOfPart(
  part: string,
  chosen: Readonly<Partial<Record<Role, string>>>,
): PartRole | undefined {
  const name = part.toLowerCase();
  const picture = name.replace(PICTURE_ENDING, '');
  for (const role of Object.keys(ROLES) as Role[]) {
    const wanted = chosen[role]?.toLowerCase();
    if (
      wanted === undefined
        ? PICTURE_ENDING.test(name) && ROLES[role].includes(picture)
        : [name, picture].includes(wanted)
    )
      return role;
  }
  if (name === 'json') return 'json';
  return INSTRUCTIONS.includes(name) ? 'instruction' : undefined;
}

/** Cuts an entry's name into the sample's key and the part: at the first dot after the last slash. */
export function splitEntryName(name: string): { key: string; part: string } {
  const dot = name.indexOf('.', name.lastIndexOf('/') + 1);
  return dot < 0 ? { key: name, part: '' } : { key: name.slice(0, dot), part: name.slice(dot + 1) };
}
