import { Box } from 'ink';
import { Chart } from '../charts/chart.tsx';
import type { Curve, Range } from '../charts/plot.ts';
import { SMOOTHINGS, smooth } from '../charts/smooth.ts';
import { formatNumber } from '../format.ts';
import type { WatchedRun } from '../runs/watched-run.ts';
import { Line } from '../text/line.tsx';
import { seriesColour } from '../theme.ts';
import { gridOf, metricNames } from '../watch/metric-grid.ts';
import type { ViewSettings } from '../watch/view-settings.ts';
import type { PaneProps } from './pane.ts';

/** A grid with the course of every metric, of all runs that are watched over each other; filtered, and page by page. */
export function MetricsPane({ runs, width, height, settings }: PaneProps) {
  const { names, isExpression } = metricNames(runs, settings.filter);
  const { columns, rows, pages } = gridOf(names.length, width, height - 1);
  const page = Math.min(settings.page, pages - 1);
  const shown = names.slice(page * columns * rows, (page + 1) * columns * rows);
  const [cellWidth, cellHeight] = [
    Math.floor((width - 2 * (columns - 1)) / columns),
    Math.floor((height - 1) / rows),
  ];
  const about = [
    `page ${page + 1} of ${pages}`,
    ...(settings.filter === '' && !settings.isFiltering
      ? []
      : [`/${settings.filter}${isExpression ? '' : ' is no expression'}`]),
    settings.axis === 'auto' ? '' : `${settings.axis} axis`,
    settings.smoothing === 0 ? '' : `smoothed by ${SMOOTHINGS[settings.smoothing]}`,
    settings.zoom === 1 ? '' : `${settings.zoom}x`,
  ].filter((part) => part !== '');
  return (
    <Box flexDirection="column">
      {Array.from({ length: rows }, (_, row) => (
        <Box key={row} columnGap={2}>
          {shown.slice(row * columns, (row + 1) * columns).map((name) => (
            <Metric key={name} {...{ name, runs, settings }} width={cellWidth} height={cellHeight} />
          ))}
        </Box>
      ))}
      {names.length === 0 && (
        <Line
          text={settings.filter === '' ? 'nothing measured yet' : 'no metric of this name'}
          width={width}
          dim
        />
      )}
      <Line text={about.join(' · ')} width={width} dim />
    </Box>
  );
}

type MetricProps = {
  readonly name: string;
  readonly runs: readonly WatchedRun[];
  readonly settings: ViewSettings;
  readonly width: number;
  readonly height: number;
};

function Metric({ name, runs, settings, width, height }: MetricProps) {
  const metrics = runs.map(({ state }) => state.metrics[name]);
  const curves = metrics.map((metric) => smooth(metric?.series ?? NO_CURVE, SMOOTHINGS[settings.smoothing]));
  const values = metrics.flatMap((metric) => {
    if (metric === undefined) return [];
    const { last, n, missing } = metric;
    const counted =
      n === undefined
        ? ''
        : ` (N ${n}${missing === undefined || missing === 0 ? '' : `, ${missing} missing`})`;
    return [`${formatNumber(last)}${counted}`];
  });
  const hasCourse = curves.some(({ steps }) => steps.length > 1);
  return (
    <Box flexDirection="column" width={width} height={height}>
      <Line
        text={`${name} ${values.join(' | ')}`}
        width={width}
        bold
        {...(runs.length === 1 && { color: seriesColour(0) })}
      />
      {hasCourse && (
        <Chart
          title={name}
          curves={curves}
          width={width}
          height={height - 1}
          logarithmic={isLogarithmic(name, curves, settings)}
          steps={shownSteps(curves, settings)}
        />
      )}
    </Box>
  );
}

const NO_CURVE: Curve = { steps: [], values: [] };

/** What falls by orders of magnitude is shown on a log axis, unless the user says otherwise. */
function isLogarithmic(name: string, curves: readonly Curve[], { axis }: ViewSettings): boolean {
  if (axis !== 'auto') return axis === 'log';
  const isFalling = /loss|rate|norm/i.test(name);
  return isFalling && curves.every(({ values }) => values.every((value) => !(value < 0)));
}

/** The part of the steps that zoom and pan leave. */
function shownSteps(curves: readonly Curve[], { zoom, pan }: ViewSettings): Range | undefined {
  if (zoom === 1) return undefined;
  const firsts = curves.flatMap(({ steps }) => steps.slice(0, 1));
  const lasts = curves.flatMap(({ steps }) => steps.slice(-1));
  const [first, last] = [Math.min(...firsts), Math.max(...lasts)];
  const length = (last - first) / zoom;
  // A pan of 0 is the newest part.
  const end = last - pan * (last - first - length);
  return [end - length, end];
}
