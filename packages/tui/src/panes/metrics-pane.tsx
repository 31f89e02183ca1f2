import { Box } from 'ink';
import { SMOOTHINGS } from '../charts/smooth.ts';
import { Line } from '../text/line.tsx';
import { gridOf, metricNames } from '../watch/metric-grid.ts';
import type { PaneProps } from './pane.ts';
import { MetricChart } from './parts/metric-chart.tsx';

/** A grid of charts, one for each metric, with the curves of all watched runs; filtered and paged. */
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
      : [`/${settings.filter}${isExpression ? '' : ' is not a valid expression'}`]),
    settings.axis === 'auto' ? '' : `${settings.axis} axis`,
    settings.smoothing === 0 ? '' : `smoothed by ${SMOOTHINGS[settings.smoothing]}`,
    settings.zoom === 1 ? '' : `${settings.zoom}x`,
  ].filter((part) => part !== '');
  return (
    <Box flexDirection="column">
      {Array.from({ length: rows }, (_, row) => (
        <Box key={row} columnGap={2}>
          {shown.slice(row * columns, (row + 1) * columns).map((name) => (
            <MetricChart key={name} {...{ name, runs, settings }} width={cellWidth} height={cellHeight} />
          ))}
        </Box>
      ))}
      {names.length === 0 && (
        <Line text={settings.filter === '' ? 'no metrics yet' : 'no matching metrics'} width={width} dim />
      )}
      <Line text={about.join(' · ')} width={width} dim />
    </Box>
  );
}
