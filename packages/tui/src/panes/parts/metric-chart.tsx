import { Box } from 'ink';
import { Chart } from '../../charts/chart.tsx';
import type { Curve, Range } from '../../charts/plot.ts';
import { SMOOTHINGS, smooth } from '../../charts/smooth.ts';
import { formatNumber } from '../../format.ts';
import type { WatchedRun } from '../../runs/watched-run.ts';
import { Line } from '../../text/line.tsx';
import { seriesColour } from '../../theme.ts';
import type { ViewSettings } from '../../watch/view-settings.ts';

type Props = {
  readonly name: string;
  readonly runs: readonly WatchedRun[];
  readonly settings: ViewSettings;
  readonly width: number;
  readonly height: number;
};

/** One metric of all runs in a chart, below its newest values. */
export function MetricChart({ name, runs, settings, width, height }: Props) {
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

/** Metrics that fall by orders of magnitude have a log axis, unless the user changes it. */
function isLogarithmic(name: string, curves: readonly Curve[], { axis }: ViewSettings): boolean {
  if (axis !== 'auto') return axis === 'log';
  const isFalling = /loss|rate|norm/i.test(name);
  return isFalling && curves.every(({ values }) => values.every((value) => !(value < 0)));
}

/** The range of steps after zoom and pan. */
function shownSteps(curves: readonly Curve[], { zoom, pan }: ViewSettings): Range | undefined {
  if (zoom === 1) return undefined;
  const firsts = curves.flatMap(({ steps }) => steps.slice(0, 1));
  const lasts = curves.flatMap(({ steps }) => steps.slice(-1));
  const [first, last] = [Math.min(...firsts), Math.max(...lasts)];
  const length = (last - first) / zoom;
  // A pan of 0 shows the newest steps.
  const end = last - pan * (last - first - length);
  return [end - length, end];
}
