import { button, element } from './dom.ts';
import { textPieces } from './visible-text.ts';

/** Longer texts are truncated until the user asks for the rest. */
const LETTERS_AT_FIRST = 2000;

/** Shows text from the data: isolated in its direction, with invisible characters spelt out, and truncated if it is very long. */
export function showText(on: HTMLElement, text: string): void {
  on.dir = 'auto';
  on.classList.add('data');
  if (text.length <= LETTERS_AT_FIRST) {
    on.replaceChildren(...piecesOf(text));
    return;
  }
  const rest = text.length - LETTERS_AT_FIRST;
  const more = button(
    { class: 'link' },
    () => on.replaceChildren(...piecesOf(text)),
    `Show ${rest.toLocaleString('en')} more characters`,
  );
  on.replaceChildren(...piecesOf(text.slice(0, LETTERS_AT_FIRST)), '… ', more);
}

/** The same in a new element. */
export function shownText(
  tag: 'span' | 'p' | 'bdi' | 'pre',
  attributes: { class?: string },
  text: string,
): HTMLElement {
  const made: HTMLElement = element(tag, attributes);
  showText(made, text);
  return made;
}

function piecesOf(text: string): (Node | string)[] {
  return textPieces(text).map((piece) =>
    piece.isMark
      ? element('span', { class: 'unseen', title: 'an invisible character' }, piece.text)
      : piece.text,
  );
}
