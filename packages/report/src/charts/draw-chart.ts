import { BarChart, CustomChart } from 'echarts/charts';
import { GridComponent, LegendComponent, MarkLineComponent } from 'echarts/components';
import { init, use, type EChartsCoreOption } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { escapeHtml } from '@rewardedit/pages';

use([BarChart, CustomChart, GridComponent, LegendComponent, MarkLineComponent, SVGRenderer]);

/** Colours of a chart on a light or a dark page; `runs` in the order of the runs. */
export interface ChartTheme {
  readonly text: string;
  readonly line: string;
  readonly runs: readonly string[];
}

const LIGHT: ChartTheme = {
  text: '#3d4247',
  line: '#dededa',
  runs: ['#17636c', '#b8632a', '#5b4a9c', '#3f7d3a', '#a8356b', '#6b6f75'],
};
const DARK: ChartTheme = {
  text: '#c3c9cf',
  line: '#3a4046',
  runs: ['#6fc3cd', '#f0a46a', '#a898ef', '#8ccb84', '#ef8fb8', '#a9b0b7'],
};

const WIDE = 720;
const NARROW = 360;

export interface Chart {
  /** What it shows, for screen readers. */
  readonly title: string;
  readonly height: number;
  option(theme: ChartTheme, width: number): EChartsCoreOption;
}

/** The colour of a run; colours repeat if there are more runs. */
export function runColour({ runs }: ChartTheme, run: number): string {
  return runs[run % runs.length];
}

/** Draws a chart for wide and narrow, light and dark pages; the browser picks the one that fits. */
export function drawChart(chart: Chart): string {
  const source = (theme: ChartTheme, width: number) => escapeHtml(dataAddress(chart, theme, width));
  const narrow = `(max-width: 640px)`;
  const dark = `(prefers-color-scheme: dark)`;
  return `<picture class="chart">
<source media="screen and ${narrow} and ${dark}" srcset="${source(DARK, NARROW)}" />
<source media="screen and ${narrow}" srcset="${source(LIGHT, NARROW)}" />
<source media="screen and ${dark}" srcset="${source(DARK, WIDE)}" />
<img src="${source(LIGHT, WIDE)}" alt="${escapeHtml(chart.title)}" />
</picture>`;
}

function dataAddress(chart: Chart, theme: ChartTheme, width: number): string {
  const drawing = init(null, null, { renderer: 'svg', ssr: true, width, height: chart.height });
  try {
    drawing.setOption({ animation: false, textStyle: { color: theme.text }, ...chart.option(theme, width) });
    return `data:image/svg+xml;base64,${Buffer.from(drawing.renderToSVGString()).toString('base64')}`;
  } finally {
    drawing.dispose();
  }
}
