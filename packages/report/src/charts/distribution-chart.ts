import { runColour, type Chart } from './draw-chart.ts';

export interface DistributionChartOptions {
  readonly title: string;
  /** The values of each run. */
  readonly runs: readonly { readonly name: string; readonly values: readonly number[] }[];
  readonly range: readonly [number, number];
  readonly bins: number;
}

/** Counts the values in each bin; the last bin includes the highest value. */
export function countBins(
  values: readonly number[],
  [low, high]: readonly [number, number],
  bins: number,
): number[] {
  const counts = Array.from({ length: bins }, () => 0);
  for (const value of values) {
    const bin = Math.floor(((value - low) / (high - low)) * bins);
    counts[Math.min(bins - 1, Math.max(0, bin))] += 1;
  }
  return counts;
}

/** Bars side by side: the share of a run's items in each bin, so that runs of different sizes can be compared. */
export function distributionChart({ title, runs, range, bins }: DistributionChartOptions): Chart {
  const edge = (bin: number) =>
    String(Number((range[0] + (bin / bins) * (range[1] - range[0])).toPrecision(3)));
  const labels = Array.from({ length: bins }, (_, bin) => `${edge(bin)} – ${edge(bin + 1)}`);
  const counted = runs.map(({ name, values }) => ({ name, counts: countBins(values, range, bins) }));
  return countsChart({ title, labels, counted });
}

/** The same from counts: one number for each label. */
export function countsChart({
  title,
  labels,
  counted,
}: {
  readonly title: string;
  readonly labels: readonly string[];
  readonly counted: readonly { readonly name: string; readonly counts: readonly number[] }[];
}): Chart {
  const isSeveral = counted.length > 1;
  return {
    title: `${title}: ${counted.map(({ name, counts }) => `${name} ${counts.join(', ')}`).join('; ')}`,
    height: 200,
    option: (theme) => ({
      grid: {
        left: 8,
        right: 12,
        top: isSeveral ? 34 : 12,
        bottom: 4,
        outerBoundsMode: 'same',
        outerBoundsContain: 'axisLabel',
      },
      legend: { show: isSeveral, top: 0, textStyle: { color: theme.text } },
      xAxis: {
        ...{ type: 'category', data: labels },
        axisLabel: { color: theme.text, hideOverlap: true },
        axisLine: { lineStyle: { color: theme.line } },
        axisTick: { show: false },
      },
      yAxis: {
        type: 'value',
        axisLabel: { color: theme.text, formatter: '{value} %' },
        splitLine: { lineStyle: { color: theme.line } },
      },
      series: counted.map(({ name, counts }, run) => ({
        ...{ type: 'bar', name, silent: true, barGap: '8%', barCategoryGap: '20%' },
        itemStyle: { color: runColour(theme, run) },
        data: counts.map((count) => Number(((100 * count) / Math.max(1, sumOf(counts))).toFixed(2))),
      })),
    }),
  };
}

function sumOf(counts: readonly number[]): number {
  return counts.reduce((sum, count) => sum + count, 0);
}
