import type { Field } from '../rows/columns.ts';
import { USUAL_NAMES } from '../rows/usual-names.ts';

type Role = Extract<Field, 'original' | 'edited' | 'truth'>;

/** Names of the parts of a sample, `{key}.{part}`, without the extension of a picture. */
const ROLES: Readonly<Record<Role, readonly string[]>> = {
  original: [...USUAL_NAMES.original, 'input', 'source', 'src', '0'],
  edited: [...USUAL_NAMES.edited, 'output', 'target', 'tgt', '1'],
  truth: ['truth'],
};

/** Parts whose text is the instruction. */
const INSTRUCTIONS = ['txt', 'instruction.txt', 'edit.txt', 'prompt.txt', 'edit_prompt.txt'];

const PICTURE_ENDING = /\.(?:jpe?g|png|webp|tiff?|gif|avif)$/;

/** The contents of a part. */
export type PartRole = Role | 'json' | 'instruction';

/** Returns the role of a part, such as `original.jpg`; undefined for a part that a triplet has no field for. */
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

/** An entry's name, cut into the key of its sample and its role there. */
export type CutName = {
  readonly key: string;
  readonly role: PartRole;
  /**
   * Whether the cut holds only if there is a sample with this key: `a.extra.json` may be the JSON of the sample `a.extra`, or an unknown part
   * of the sample `a`.
   */
  readonly tentative: boolean;
};

/**
 * Cuts an entry's name. WebDataset's rule is to cut at the first dot after the last slash. If that gives no known part, the key contains
 * dots, as dates and versions do, and later dots are tried. Undefined if no cut gives a known part; `onLeftOut` is then called.
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
