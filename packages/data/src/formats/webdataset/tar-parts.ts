import type { Field } from '../rows/columns.ts';
import { USUAL_NAMES } from '../rows/usual-names.ts';

type Role = Extract<Field, 'original' | 'edited' | 'truth'>;

/** What the parts of a sample are called: the first piece of `{key}.{part}`, without the ending of a picture. */
const ROLES: Readonly<Record<Role, readonly string[]>> = {
  original: [...USUAL_NAMES.original, 'input', 'source', 'src', '0'],
  edited: [...USUAL_NAMES.edited, 'output', 'target', 'tgt', '1'],
  truth: ['truth'],
};

/** Texts that are the instruction itself. */
const INSTRUCTIONS = ['txt', 'instruction.txt', 'edit.txt', 'prompt.txt', 'edit_prompt.txt'];

const PICTURE_ENDING = /\.(?:jpe?g|png|webp|tiff?|gif|avif)$/;

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

/** An entry's name in two: the key of its sample, and what it holds there. */
export type CutName = {
  readonly key: string;
  readonly role: PartRole;
  /**
   * Whether it belongs to a sample only where there is one of this key: `a.extra.json` may be the text of the sample `a.extra`,
   * or a part of the sample `a` that nobody knows.
   */
  readonly tentative: boolean;
};

/**
 * Cuts an entry's name. WebDataset's rule is to cut at the first dot after the last slash. Where that gives no part that is known, the
 * key has dots of its own, as dates and versions do, and a later dot is tried. Undefined where no cut gives a part; `onLeftOut` is told.
 */
export function cutEntryName(
  name: string,
  roleOf: (part: string) => PartRole | undefined,
  onLeftOut: (part: string) => void,
): CutName | undefined {
  const first = name.indexOf('.', name.lastIndexOf('/') + 1);
  for (let dot = first; dot >= 0; dot = name.indexOf('.', dot + 1)) {
    const role = roleOf(name.slice(dot + 1));
    if (role === undefined) continue;
    return { key: name.slice(0, dot), role, tentative: dot > first && !(role in ROLES) };
  }
  if (first >= 0) onLeftOut(name.slice(first + 1));
  return undefined;
}
