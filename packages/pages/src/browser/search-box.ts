import { element } from './dom.ts';

const SEARCH_DELAY_MILLISECONDS = 200;

/** The field in which one types what to look for; `onText` is told when one has stopped typing. */
export function createSearch(
  { label, title }: { readonly label: string; readonly title: string },
  onText: (text: string) => void,
) {
  const input = element('input', {
    type: 'search',
    id: 'search',
    placeholder: 'Search',
    'aria-label': label,
    title,
    autocomplete: 'off',
    spellcheck: 'false',
    maxlength: 500,
  });
  let timer: ReturnType<typeof setTimeout> | undefined;
  input.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => onText(input.value), SEARCH_DELAY_MILLISECONDS);
  });
  return {
    root: element('label', { class: 'search' }, input, element('kbd', { 'aria-hidden': true }, '/')),
    update(text: string) {
      // While somebody types, what they have typed is newer than what is listed.
      if (document.activeElement !== input) input.value = text;
    },
    focus() {
      input.focus();
      input.select();
    },
  };
}
