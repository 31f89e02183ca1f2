import { button, element, setAttribute } from './dom.ts';

/** A control for the sort key and direction; `choices` are values and their labels. */
export function createOrder(
  choices: readonly (readonly [name: string, label: string])[],
  onOrder: (sort: string, descending: boolean) => void,
) {
  const select = element(
    'select',
    { id: 'sort', 'aria-label': 'Order' },
    ...choices.map(([value, label]) => element('option', { value }, label)),
  );
  const direction = button({ id: 'direction', class: 'icon' }, () =>
    onOrder(select.value, direction.getAttribute('aria-pressed') !== 'true'),
  );
  select.addEventListener('change', () =>
    onOrder(select.value, direction.getAttribute('aria-pressed') === 'true'),
  );
  return {
    root: element('div', { class: 'order' }, select, direction),
    update({ sort, descending }: { readonly sort: string; readonly descending: boolean }) {
      select.value = sort;
      direction.textContent = descending ? '↓' : '↑';
      setAttribute(direction, 'aria-pressed', String(descending));
      setAttribute(direction, 'aria-label', 'Highest first');
      setAttribute(direction, 'title', descending ? 'Highest first' : 'Lowest first');
    },
  };
}
