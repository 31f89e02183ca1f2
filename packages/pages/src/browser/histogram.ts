import { element, setAttribute, setStyleNumber } from './dom.ts';
import { formatCount, formatNumber } from './format.ts';

/** A control that chooses a range of scores on a histogram of them. */
export type Histogram = {
  readonly root: HTMLElement;
  update(counts: readonly number[], range: readonly [number, number]): void;
};

export type HistogramOptions = {
  readonly name: string;
  readonly title: string;
  readonly highest: number;
  readonly onRange: (range: [number, number]) => void;
};

/** Creates a histogram. Drag across the bars, or type the two ends; a double click resets the range. */
export function createHistogram({ name, title, highest, onRange }: HistogramOptions): Histogram {
  const bars = element('div', { class: 'bars', 'aria-hidden': true });
  const numberInput = (label: string) =>
    element('input', { type: 'number', min: 0, max: highest, step: 0.25, 'aria-label': `${label} ${title}` });
  const [lowest, largest] = [numberInput('lowest'), numberInput('highest')];
  const root = element(
    'fieldset',
    { class: 'histogram', 'data-perspective': name },
    element('legend', {}, title),
    bars,
    element('div', { class: 'range' }, lowest, element('span', {}, 'to'), largest),
  );
  let range: readonly [number, number] = [0, highest];

  const isWhole = () => range[0] === 0 && range[1] === highest;
  const showRange = () => {
    lowest.value = String(range[0]);
    largest.value = String(range[1]);
    root.classList.toggle('active', !isWhole());
    const count = bars.childElementCount;
    for (const [number, bar] of [...bars.children].entries()) {
      const [from, to] = [(number / count) * highest, ((number + 1) / count) * highest];
      bar.classList.toggle('out', to <= range[0] || from >= range[1]);
    }
  };
  const typed = () => {
    const value = (input: HTMLInputElement, otherwise: number) =>
      input.value === '' ? otherwise : Math.min(highest, Math.max(0, Number(input.value)));
    const ends = [value(lowest, 0), value(largest, highest)].sort((a, b) => a - b) as [number, number];
    onRange(ends);
  };
  lowest.addEventListener('change', typed);
  largest.addEventListener('change', typed);

  let from: number | undefined;
  const barAt = ({ clientX }: PointerEvent) => {
    const { left, width } = bars.getBoundingClientRect();
    const count = bars.childElementCount;
    return Math.min(count - 1, Math.max(0, Math.floor(((clientX - left) / width) * count)));
  };
  const drag = (event: PointerEvent) => {
    if (from === undefined) return;
    const to = barAt(event);
    const step = highest / bars.childElementCount;
    range = [Math.min(from, to) * step, (Math.max(from, to) + 1) * step];
    showRange();
  };
  bars.addEventListener('pointerdown', (event) => {
    bars.setPointerCapture(event.pointerId);
    from = barAt(event);
    drag(event);
  });
  bars.addEventListener('pointermove', drag);
  bars.addEventListener('pointerup', () => {
    if (from === undefined) return;
    from = undefined;
    onRange([range[0], range[1]]);
  });
  bars.addEventListener('dblclick', () => onRange([0, highest]));

  return {
    root,
    update(counts, chosen) {
      range = chosen;
      const most = Math.max(1, ...counts);
      bars.replaceChildren(
        ...counts.map((count, number) => {
          const bar = element('span');
          const ends = [number, number + 1].map((end) => formatNumber((end / counts.length) * highest));
          setAttribute(bar, 'title', `${ends.join(' to ')}: ${formatCount(count)}`);
          // The square root keeps a few rows among many thousands visible.
          setStyleNumber(bar, '--height', Math.sqrt(count / most));
          setStyleNumber(bar, '--score', (number + 0.5) / counts.length);
          return bar;
        }),
      );
      showRange();
    },
  };
}
