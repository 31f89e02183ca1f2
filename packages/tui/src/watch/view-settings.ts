import { SMOOTHINGS } from '../charts/smooth.ts';
import type { PaneName } from '../panes/index.ts';

/** What the user chose to see. */
export type ViewSettings = {
  /** Panes that were opened (true) and closed (false) by hand; the others are open where they have something to show. */
  readonly chosen: Readonly<Partial<Record<PaneName, boolean>>>;
  readonly focused: PaneName | undefined;
  /** The number of the run that is in front, where several are watched; counted on beyond the last one. */
  readonly front: number;
  /** Whether the focused pane has all the room. */
  readonly isAlone: boolean;
  readonly isHelp: boolean;
  /** A regular expression that names of metrics are looked for with. */
  readonly filter: string;
  /** Whether it is being typed. */
  readonly isFiltering: boolean;
  readonly page: number;
  readonly axis: 'auto' | 'linear' | 'log';
  /** An index of `SMOOTHINGS`. */
  readonly smoothing: number;
  /** How many times the steps are enlarged, and how far back from the newest: 0 to 1. */
  readonly zoom: number;
  readonly pan: number;
  /** How many pictures back from the newest. */
  readonly back: number;
  /** How many lines the focused pane is scrolled: back from the newest in the log, down from the first in the overview. */
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

/** What keys change that need to know nothing else; those of panes are in `keys.ts`. */
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

/** The log begins at its end. */
function scrolledUp(by: number): Change {
  return ({ focused, scroll }) => ({ scroll: Math.max(0, scroll + (focused === 'overview' ? -by : by)) });
}
