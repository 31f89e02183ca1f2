import { Box } from 'ink';
import { formatBytes, formatDuration } from '@rewardedit/core/text';
import { Chart } from '../charts/chart.tsx';
import { inFront } from '../runs/watched-run.ts';
import { Line } from '../text/line.tsx';
import { gridOf } from '../watch/metric-grid.ts';
import type { PaneProps } from './pane.ts';

const FORMATS: Readonly<Record<string, (value: number) => string>> = {
  memory: formatBytes,
  'gpu memory': formatBytes,
  'gpu busy': (share) => `${Math.round(100 * share)}%`,
  processors: (value) => value.toFixed(2),
};

/** Resource use of the processes over time: memory, processors, and GPUs if available. */
export function SystemPane({ runs, width, height, settings }: PaneProps) {
  const { memory } = inFront(runs, settings.front).state;
  const names = [...new Set(runs.flatMap(({ state }) => Object.keys(state.system)))];
  const device =
    memory === undefined
      ? undefined
      : [
          `weights and moments ${formatBytes(memory.state)}`,
          ...(memory.frozen === undefined ? [] : [`constants ${formatBytes(memory.frozen)}`]),
          `activations ${formatBytes(memory.activations)}`,
          ...(memory.workspace === undefined ? [] : [`workspace ${formatBytes(memory.workspace)}`]),
        ].join(' · ');
  const room = height - (device === undefined ? 0 : 1);
  const { columns, rows } = gridOf(names.length, width, room);
  const [cellWidth, cellHeight] = [
    Math.floor((width - 2 * (columns - 1)) / columns),
    Math.floor(room / rows),
  ];
  return (
    <Box flexDirection="column">
      {device !== undefined && <Line text={`on the device: ${device}`} width={width} />}
      {names.length === 0 && <Line text="no data yet: it arrives every 10 seconds" width={width} dim />}
      {Array.from({ length: rows }, (_, row) => (
        <Box key={row} columnGap={2}>
          {names.slice(row * columns, (row + 1) * columns).map((name) => {
            const curves = runs.map(({ state }) => state.system[name] ?? { steps: [], values: [] });
            const format = FORMATS[name] ?? String;
            return (
              <Box key={name} flexDirection="column" width={cellWidth}>
                <Line
                  text={`${name} ${curves.map(({ values }) => format(values.at(-1) ?? 0)).join(' | ')}`}
                  width={cellWidth}
                  bold
                />
                <Chart
                  title={name}
                  curves={curves}
                  width={cellWidth}
                  height={cellHeight - 1}
                  format={format}
                  formatStep={formatDuration}
                />
              </Box>
            );
          })}
        </Box>
      ))}
    </Box>
  );
}
