import type { QuestionPart } from '../../protocols/protocol.ts';

/** A part of a question to a model that accepts one picture at a time. */
export type OnePicturePart = QuestionPart | { readonly picture: 'both' };

/** Replaces the two pictures of a question by one, side by side, and says so. A question about a single picture stays as it is. */
export function withOnePicture(parts: readonly QuestionPart[]): readonly OnePicturePart[] {
  const roles = new Set(parts.flatMap((part) => ('picture' in part ? [part.picture] : [])));
  if (roles.size < 2) return parts;
  // The texts between the pictures announce separate pictures.
  const pictures = parts.flatMap((part, at) => ('picture' in part ? [at] : []));
  const [first, last] = [pictures[0], pictures.at(-1)!];
  const isHeading = (at: number) => at >= 0 && 'text' in parts[at] && parts[at].text.endsWith(':');
  const before = parts.slice(0, isHeading(first - 1) ? first - 1 : first);
  return [...before, { text: SIDE_BY_SIDE }, { picture: 'both' }, ...parts.slice(last + 1)];
}

const SIDE_BY_SIDE =
  'The original and the edited picture are shown as one, with a white gap between them: the original on the left, the edited one on the right.';
