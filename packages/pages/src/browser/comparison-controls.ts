import { button, byId, element, setAttribute } from './dom.ts';
import { formatNumber } from './format.ts';
import { visibleText } from './visible-text.ts';
import { VIEW_MODES, type ViewMode, type Zoom } from './view.ts';

const MODE_LABELS: Readonly<Record<ViewMode, string>> = {
  side: 'Side by side',
  slider: 'Slider',
  difference: 'Difference',
  blink: 'Blink',
};

const GAINS = [1, 2, 4, 8, 16] as const;

export type ComparisonState = {
  readonly mode: ViewMode;
  readonly zoom: Zoom;
  /** Whether the reference is the true edit, and whether there is one. */
  readonly isTruth: boolean;
  readonly hasTruth: boolean;
  readonly gain: number;
  /** Names of the edits to choose from. */
  readonly edits: readonly string[];
  readonly edit: number;
};

export type ControlActions = {
  readonly onMode: (mode: ViewMode) => void;
  readonly onZoom: () => void;
  readonly onReference: () => void;
  readonly onFlip: () => void;
  readonly onGain: (gain: number) => void;
  readonly onEdit: (edit: number) => void;
};

/** The buttons above the pictures. */
export function createControls({ onMode, onZoom, onReference, onFlip, onGain, onEdit }: ControlActions) {
  const modes = VIEW_MODES.map((mode) => ({
    mode,
    root: button({ 'data-mode': mode }, () => onMode(mode), MODE_LABELS[mode]),
  }));
  const gain = element(
    'select',
    { 'aria-label': 'Gain of the difference' },
    ...GAINS.map((value) => element('option', { value }, `× ${formatNumber(value)}`)),
  );
  gain.addEventListener('change', () => onGain(Number(gain.value)));
  const edits = element('select', { id: 'edit-choice', 'aria-label': 'Edit to compare' });
  edits.addEventListener('change', () => onEdit(Number(edits.value)));
  const flip = button({ title: 'Show the other picture (b)' }, onFlip, 'Flip');
  const reference = button(
    { id: 'reference', title: 'Compare with the true edit (t)' },
    onReference,
    'True edit',
  );
  const zoom = button({ id: 'zoom', title: 'Actual pixels (z)' }, onZoom, '100 %');
  byId('controls').replaceChildren(
    element(
      'div',
      { class: 'segments', role: 'group', 'aria-label': 'View' },
      ...modes.map(({ root }) => root),
    ),
    gain,
    flip,
    element('span', { class: 'space' }),
    edits,
    reference,
    zoom,
  );
  return {
    update(state: ComparisonState) {
      for (const { mode, root } of modes) setAttribute(root, 'aria-pressed', String(mode === state.mode));
      gain.hidden = state.mode !== 'difference';
      gain.value = String(state.gain);
      flip.hidden = state.mode !== 'blink';
      reference.hidden = !state.hasTruth;
      setAttribute(reference, 'aria-pressed', String(state.isTruth));
      setAttribute(zoom, 'aria-pressed', String(state.zoom === 'actual'));
      edits.hidden = state.edits.length < 2;
      edits.replaceChildren(
        ...state.edits.map((name, value) => element('option', { value }, visibleText(name))),
      );
      edits.value = String(state.edit);
    },
  };
}
