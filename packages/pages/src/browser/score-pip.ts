import { element, setStyleNumber } from './dom.ts';
import { formatNumber } from './format.ts';

/** A score in a list: the first letter of its perspective, the number, and a bar of proportional length. */
export function scorePip(
  { name, title }: { readonly name: string; readonly title: string },
  score: number | undefined,
  highestScore: number,
): HTMLElement {
  const text = score === undefined ? '–' : formatNumber(score);
  const made = element(
    'span',
    {
      class: score === undefined ? 'pip none' : 'pip',
      title: `${title}: ${score === undefined ? 'no score' : text}`,
    },
    element('span', { class: 'visually-hidden' }, `${title} `),
    element('span', { class: 'letter', 'aria-hidden': true }, name.slice(0, 1)),
    text,
  );
  if (score !== undefined) setStyleNumber(made, '--score', score / highestScore);
  return made;
}
