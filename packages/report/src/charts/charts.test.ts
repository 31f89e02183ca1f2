import { describe, expect, it } from 'vitest';
import { countBins } from './distribution-chart.ts';
import { drawChart } from './draw-chart.ts';
import { intervalChart } from './interval-chart.ts';

describe('countBins', () => {
  it('puts a value on an edge into the bin above it, and the highest value into the last bin', () => {
    expect(countBins([0, 0.5, 0.5, 4.9, 5], [0, 5], 10)).toEqual([1, 2, 0, 0, 0, 0, 0, 0, 0, 2]);
  });
});

describe('intervalChart', () => {
  const chart = intervalChart({
    title: 'Differences',
    rows: [{ label: '<script>"run"', mean: 0.5, interval: [0.25, 0.75], run: 0 }],
    isDifference: true,
  });

  it('draws the mean and both ends in the right place on an axis that includes zero', () => {
    const html = drawChart(chart);
    const svgs = [...html.matchAll(/base64,([\w+/=]+)/g)].map(([, data]) =>
      Buffer.from(data, 'base64').toString(),
    );
    expect(svgs).toHaveLength(4);
    for (const svg of svgs) {
      const [, centre] = /<circle cx="([\d.]+)"/.exec(svg)!;
      const lines = [...svg.matchAll(/d="M([\d.]+) [\d.]+L([\d.]+) [\d.]+"[^>]*stroke-width="2"/g)];
      const [from, to] = [Number(lines[0][1]), Number(lines[0][2])];
      expect((from + to) / 2).toBeCloseTo(Number(centre), 0);
      expect(svg).toContain('&lt;script&gt;');
      expect(svg).not.toContain('<script');
      expect(svg).toMatch(/>0<\/text>/);
    }
  });

  it('describes everything in the alternative text, without markup', () => {
    expect(drawChart(chart)).toContain(
      'alt="Differences: &lt;script&gt;&quot;run&quot; 0.5, 95 % interval 0.25 to 0.75"',
    );
  });
});
