import { SMOOTHINGS } from '../charts/smooth.ts';
import type { PaneName } from '../panes/index.ts';

/** The user's view settings. */
export type ViewSettings = {
  /** Panes opened (true) and closed (false) by the user; others are open if they have content. */
  readonly chosen: Readonly<Partial<Record<PaneName, boolean>>>;
  readonly focused: PaneName | undefined;
  /** The index of the run in front, modulo the number of runs. */
  readonly front: number;
  /** Whether the focused pane is maximized. */
  readonly isAlone: boolean;
  readonly isHelp: boolean;
  /** A regular expression that filters metrics by name. */
  readonly filter: string;
  /** Whether the filter is being typed. */
  readonly isFiltering: boolean;
  readonly page: number;
  readonly axis: 'auto' | 'linear' | 'log';
  /** An index of `SMOOTHINGS`. */
  readonly smoothing: number;
  /** The zoom factor of the steps, and the pan back from the newest: 0 to 1. */
  readonly zoom: number;
  readonly pan: number;
  /** The number of pictures back from the newest. */
  readonly back: number;
  /** The scroll offset of the focused pane in lines: back from the newest in the log, down from the first in the overview. */
  readonly scroll: number;
};

export const FIRST_SETTINGS: ViewSettings = {
  chosen: {},
  focused: undefined,
  front: 0,
  isAlone: false,
  isHelp: false,
  filter: '',
  isFiltering: false,
  page: 0,
  axis: 'auto',
  smoothing: 0,
  zoom: 1,
  pan: 0,
  back: 0,
  scroll: 0,
};

const MOST_ZOOM = 64;
const AXES = ['auto', 'linear', 'log'] as const;

type Change = (settings: ViewSettings) => Partial<ViewSettings>;

/** The effects of keys that depend on the view only; others are in `keys.ts`. */
export const SIMPLE_KEYS: Readonly<Record<string, Change>> = {
  '?': ({ isHelp }) => ({ isHelp: !isHelp }),
  z: ({ isAlone }) => ({ isAlone: !isAlone }),
  n: ({ front }) => ({ front: front + 1, back: 0, scroll: 0 }),
  '/': () => ({ isFiltering: true, filter: '', page: 0 }),
  l: ({ axis }) => ({ axis: AXES[(AXES.indexOf(axis) + 1) % AXES.length] }),
  m: ({ smoothing }) => ({ smoothing: (smoothing + 1) % SMOOTHINGS.length }),
  '+': ({ zoom }) => ({ zoom: Math.min(MOST_ZOOM, 2 * zoom) }),
  '=': ({ zoom }) => ({ zoom: Math.min(MOST_ZOOM, 2 * zoom) }),
  '-': ({ zoom, pan }) => (zoom <= 2 ? { zoom: 1, pan: 0 } : { zoom: zoom / 2, pan }),
  left: ({ pan, zoom }) => ({ pan: Math.min(1, pan + 0.5 / zoom) }),
  right: ({ pan, zoom }) => ({ pan: Math.max(0, pan - 0.5 / zoom) }),
  '[': ({ page }) => ({ page: Math.max(0, page - 1) }),
  ']': ({ page }) => ({ page: page + 1 }),
  ',': ({ back }) => ({ back: back + 1 }),
  '.': ({ back }) => ({ back: Math.max(0, back - 1) }),
  up: scrolledUp(1),
  down: scrolledUp(-1),
  pageUp: scrolledUp(10),
  pageDown: scrolledUp(-10),
};

/** The log starts at its end. */
function scrolledUp(by: number): Change {
  return ({ focused, scroll }) => ({ scroll: Math.max(0, scroll + (focused === 'overview' ? -by : by)) });
}
