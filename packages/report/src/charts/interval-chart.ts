import type { ColumnSummary } from '@rewardedit/eval';
import type { CustomSeriesRenderItemAPI } from 'echarts';
import { runColour, type Chart, type ChartTheme } from './draw-chart.ts';

/** A mean with its interval. */
export interface IntervalRow {
  readonly label: string;
  readonly mean: number;
  readonly interval: readonly [number, number] | null;
  /** The index of the run, which determines the colour. */
  readonly run: number;
}

/** The mean of a run's column as a row; empty if no item has a value. */
export function summaryRow(
  columns: readonly ColumnSummary[],
  { column, ...row }: { readonly column: string; readonly label: string; readonly run: number },
): IntervalRow[] {
  const found = columns.find((each) => each.column === column);
  if (found === undefined || found.mean === null) return [];
  return [{ ...row, mean: found.mean, interval: found.interval }];
}

export interface IntervalChartOptions {
  readonly title: string;
  readonly rows: readonly IntervalRow[];
  /** The ends of the axis; by default those of the values. */
  readonly range?: readonly [number, number] | undefined;
  /** Whether values are differences, so that zero is marked. */
  readonly isDifference?: boolean;
}

const ROW_HEIGHT = 30;
const AXIS_HEIGHT = 40;
/** Pixels per letter in the fonts of common systems; text cannot be measured here. */
const LETTER_WIDTH = 7;
/** Labels take up this share of a chart at most. */
const LABEL_SHARE = 0.42;

/** Draws means as dots and their intervals as lines, one below the other. */
export function intervalChart({ title, rows, range, isDifference = false }: IntervalChartOptions): Chart {
  const axis = axisOf(rows, range, isDifference);
  return {
    title: `${title}: ${rows.map(describe).join('; ')}`,
    height: rows.length * ROW_HEIGHT + AXIS_HEIGHT,
    option: (theme, width) => ({
      grid: { left: labelWidth(rows, width), right: 20, top: 8, bottom: 28, outerBoundsMode: 'none' },
      xAxis: {
        ...{ type: 'value', ...axis },
        axisLabel: { color: theme.text, hideOverlap: true },
        splitLine: { lineStyle: { color: theme.line } },
      },
      yAxis: {
        ...{ type: 'category', inverse: true, data: rows.map(({ label }) => wrapped(label, width)) },
        axisLabel: { color: theme.text, interval: 0, lineHeight: 13 },
        axisLine: { lineStyle: { color: theme.line } },
        axisTick: { show: false },
      },
      series: [
        {
          ...{ type: 'custom', silent: true, dimensions: ['mean', 'row'], encode: { x: 0, y: 1 } },
          renderItem: (_: unknown, api: CustomSeriesRenderItemAPI) =>
            mark(rows, api.value(1) as number, api, theme),
          data: rows.map(({ mean }, row) => [mean, row]),
          ...(isDifference && {
            markLine: {
              ...{ silent: true, symbol: 'none', label: { show: false }, data: [{ xAxis: 0 }] },
              lineStyle: { color: theme.text, type: 'solid', width: 1 },
            },
          }),
        },
      ],
    }),
  };
}

function mark(rows: readonly IntervalRow[], row: number, api: CustomSeriesRenderItemAPI, theme: ChartTheme) {
  const { mean, interval, run } = rows[row];
  const colour = runColour(theme, run);
  const [x, y] = api.coord([mean, row]);
  const dot = { type: 'circle' as const, shape: { cx: x, cy: y, r: 4.5 }, style: { fill: colour } };
  if (interval === null) return dot;
  const [from, to] = interval.map((end) => api.coord([end, row])[0]);
  const line = (x1: number, y1: number, x2: number, y2: number) => ({
    ...{ type: 'line' as const, shape: { x1, y1, x2, y2 } },
    style: { stroke: colour, lineWidth: 2 },
  });
  return {
    type: 'group' as const,
    children: [line(from, y, to, y), line(from, y - 5, from, y + 5), line(to, y - 5, to, y + 5), dot],
  };
}

function describe({ label, mean, interval }: IntervalRow): string {
  const ends = interval === null ? '' : `, 95 % interval ${interval.map(short).join(' to ')}`;
  return `${label} ${short(mean)}${ends}`;
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** The ends of the axis and the steps between its labels: round numbers around everything drawn. */
function axisOf(
  rows: readonly IntervalRow[],
  range: readonly [number, number] | undefined,
  isDifference: boolean,
): { min: number; max: number; interval: number } {
  const values = range ?? rows.flatMap(({ mean, interval }) => [mean, ...(interval ?? [])]);
  const [low, high] = [Math.min(...values, ...(isDifference ? [0] : [])), Math.max(...values)];
  const top = isDifference ? Math.max(high, 0) : high;
  const span = top - low || Math.abs(top) || 1;
  const power = 10 ** Math.floor(Math.log10(span / 5));
  const interval = [1, 2, 5, 10].map((step) => step * power).find((step) => span / step <= 6)!;
  const round = (value: number) => Number(value.toPrecision(12));
  return {
    min: round(Math.floor(round(low / interval)) * interval),
    max: round(Math.ceil(round(top / interval)) * interval),
    interval: round(interval),
  };
}

function labelWidth(rows: readonly IntervalRow[], width: number): number {
  const lines = rows.flatMap(({ label }) => wrapped(label, width).split('\n'));
  return Math.ceil(Math.max(...lines.map(({ length }) => length)) * LETTER_WIDTH) + 16;
}

/** Wraps a label to two lines and truncates the rest. */
function wrapped(label: string, width: number): string {
  const most = Math.floor((width * LABEL_SHARE) / LETTER_WIDTH);
  const cut = (line: string) => (line.length <= most ? line : `${line.slice(0, most - 1)}…`);
  const space = label.lastIndexOf(' ', most);
  if (label.length <= most || space <= 0) return cut(label);
  return `${label.slice(0, space)}\n${cut(label.slice(space + 1))}`;
}
