import { CallsPane } from './calls-pane.tsx';
import { DenoisingPane } from './denoising-pane.tsx';
import { LogPane } from './log-pane.tsx';
import { MediaPane } from './media-pane.tsx';
import { MetricsPane } from './metrics-pane.tsx';
import { OverviewPane } from './overview-pane.tsx';
import type { Pane } from './pane.ts';
import { ProgressPane } from './progress-pane.tsx';
import { ScoresPane } from './scores-pane.tsx';
import { SystemPane } from './system-pane.tsx';
import { VerdictsPane } from './verdicts-pane.tsx';

/** All panes, in the order of the keys 1 to 9 and 0 that open and close them. */
const ALL = {
  progress: { title: 'Progress', Component: ProgressPane, least: 6, most: 9, hasNews: () => true },
  metrics: {
    title: 'Metrics',
    Component: MetricsPane,
    least: 8,
    overlays: true,
    hasNews: ({ metrics }) => Object.keys(metrics).length > 0,
  },
  denoising: {
    title: 'Denoising',
    Component: DenoisingPane,
    least: 8,
    hasNews: ({ denoising }) => denoising.length > 0,
  },
  media: {
    title: 'Pictures',
    Component: MediaPane,
    least: 8,
    hasNews: ({ samples, edited }) => samples.length > 0 || edited.some(({ path }) => path !== undefined),
  },
  scores: {
    title: 'Scores',
    Component: ScoresPane,
    least: 9,
    most: 10,
    hasNews: ({ judged }) => judged.length > 0,
  },
  verdicts: {
    title: 'Verdicts',
    Component: VerdictsPane,
    least: 6,
    hasNews: ({ judged, quarantined }) => judged.length > 0 || quarantined.count > 0,
  },
  calls: {
    title: 'Calls and cost',
    Component: CallsPane,
    least: 6,
    most: 12,
    hasNews: ({ calls, spending }) => Object.keys(calls.outcomes).length > 0 || (spending?.calls ?? 0) > 0,
  },
  system: { title: 'System', Component: SystemPane, least: 8, hasNews: () => false },
  overview: {
    title: 'Overview',
    Component: OverviewPane,
    least: 6,
    hasNews: () => false,
    compares: true,
  },
  log: { title: 'Log', Component: LogPane, least: 6, hasNews: ({ log }) => log.length > 0 },
} as const satisfies Record<string, Pane>;

export type PaneName = keyof typeof ALL;

export const PANES: Readonly<Record<PaneName, Pane>> = ALL;

export const PANE_NAMES = Object.keys(PANES) as readonly PaneName[];

/** Returns the key that opens and closes a pane. */
export function keyOf(pane: PaneName): string {
  return String((PANE_NAMES.indexOf(pane) + 1) % 10);
}
