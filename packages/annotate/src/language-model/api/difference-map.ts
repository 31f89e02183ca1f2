import type { Question, QuestionPart } from '../../protocols/protocol.ts';

/** A part of a question that may show a difference map. */
export type MappedPart = QuestionPart | { readonly picture: 'difference' };

const EXPLANATION =
  'The next picture is a map of where the two differ, made by subtraction: black where they are alike, the brighter the more they differ. It is a help for the ' +
  'eye and no picture to be judged; small differences everywhere come from encoding.';

/** Adds a difference map after the pictures of a question that is about preserving and shows both of them. */
export function withDifferenceMap({
  parts,
  perspectives,
}: Pick<Question, 'parts' | 'perspectives'>): readonly MappedPart[] {
  const shown = parts.flatMap((part, at) => ('picture' in part ? [{ at, role: part.picture }] : []));
  const showsBoth = new Set(shown.map(({ role }) => role)).size === 2;
  if (!perspectives.includes('preserving') || !showsBoth) return parts;
  const behind = shown.at(-1)!.at + 1;
  return [
    ...parts.slice(0, behind),
    { text: EXPLANATION },
    { picture: 'difference' },
    ...parts.slice(behind),
  ];
}
