import { element } from './dom.ts';

const SEARCH_DELAY_MILLISECONDS = 200;

/** The search field; `onText` is called once the user has stopped typing. */
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
      // While the user types, the field is newer than the list.
      if (document.activeElement !== input) input.value = text;
    },
    focus() {
      input.focus();
      input.select();
    },
  };
}
