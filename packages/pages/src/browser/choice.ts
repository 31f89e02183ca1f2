import { element } from './dom.ts';
import { formatCount } from './format.ts';

/** A choice of one option, with a count for each. */
export function createChoice<Value extends string>(
  title: string,
  labels: Readonly<Record<Value, string>>,
  onChoice: (value: Value) => void,
) {
  const values = Object.keys(labels) as Value[];
  const options = values.map((value) => {
    const input = element('input', { type: 'radio', name: title, value });
    const count = element('span', { class: 'count' });
    input.addEventListener('change', () => onChoice(value));
    return {
      value,
      input,
      count,
      root: element('label', {}, input, element('span', {}, labels[value]), count),
    };
  });
  return {
    root: element(
      'fieldset',
      { class: 'choice' },
      element('legend', {}, title),
      ...options.map(({ root }) => root),
    ),
    update(chosen: Value, counts: Readonly<Record<Value, number>>) {
      for (const { value, input, count } of options) {
        input.checked = value === chosen;
        count.textContent = formatCount(counts[value]);
      }
    },
  };
}

/** A choice of any number of options, with a count for each; options with a count of zero are hidden. */
export function createChecks<Value extends string>(
  title: string,
  labels: readonly (readonly [Value, string])[],
  onChoice: (chosen: Value[]) => void,
) {
  const options = labels.map(([value, label]) => {
    const input = element('input', { type: 'checkbox', value });
    const count = element('span', { class: 'count' });
    input.addEventListener('change', () =>
      onChoice(options.filter((option) => option.input.checked).map((option) => option.value)),
    );
    return { value, input, count, root: element('label', {}, input, element('span', {}, label), count) };
  });
  return {
    root: element(
      'fieldset',
      { class: 'choice' },
      element('legend', {}, title),
      ...options.map(({ root }) => root),
    ),
    update(chosen: readonly Value[], counts: Readonly<Record<Value, number>>) {
      for (const { value, input, count, root } of options) {
        input.checked = chosen.includes(value);
        count.textContent = formatCount(counts[value]);
        root.hidden = counts[value] === 0 && !input.checked;
      }
    },
  };
}
