import { describe, expect, it } from 'vitest';
import type { ColumnDifference, RunComparison } from '../results/compare.ts';
import { summarize } from '../results/summarize.ts';
import type { RunItem } from '../results/read-run.ts';
import { differencesCsv, itemsCsv } from './csv.ts';
import { formatDifference, formatMean, formatPValue } from './format-number.ts';
import { comparisonJunit, isWorse, itemsJunit } from './junit.ts';
import { markdownTable } from './markdown.ts';
import { comparisonTable, kindTable, summaryTable } from './tables.ts';

const ITEMS: readonly RunItem[] = [
  { id: 'a', instruction: '=1+1, "quoted"', kind: 'add', cluster: 'x', values: { overall: 4, right: 1 } },
  { id: 'b', instruction: 'b', kind: 'style', cluster: 'y', values: { right: 0 } },
];

const difference = (changes: Partial<ColumnDifference>): ColumnDifference => ({
  ...{ run: 'new', column: 'overall', mean: -0.2, interval: [-0.3, -0.1], count: 4, clusters: 2 },
  ...{ pValue: 0.01, correctedPValue: 0.02, larger: 0, equal: 1, smaller: 3, wins: 0, ties: 1, losses: 3 },
  ...changes,
});
const comparison: RunComparison = {
  base: 'old <1>',
  differences: [difference({}), difference({ column: 'truth.l1' }), difference({ interval: null })],
  notCompared: [],
};

describe('numbers', () => {
  it('have their interval, their sign, and no negative zero', () => {
    expect(formatMean(3.415, [3.3, 3.55], { digits: 2 })).toBe('3.42 [3.30, 3.55]');
    expect(formatMean(null, null, { digits: 2 })).toBe('-');
    expect(formatDifference(0.123, [-0.001, 0.3], { digits: 2 })).toBe('+0.12 [0.00, +0.30]');
    expect(formatDifference(0, null, { digits: 3 })).toBe('0.000');
    expect(formatPValue(0.0001)).toBe('< 0.001');
  });
});

describe('tables', () => {
  it('show every column over all items, and some columns by kind', () => {
    const groups = summarize(ITEMS, { seed: 0, resamples: 100 });
    const { rows } = summaryTable(groups);
    expect(rows.map(([label, , count, missing]) => [label, count, missing])).toEqual([
      ['overall', '1', '1'],
      ['edits right', '2', '0'],
    ]);
    expect(rows[0][4]).toBe('2.00');
    expect(kindTable(groups, ['overall']).rows.map(([kind, , mean]) => [kind, mean])).toEqual([
      ['all', '4.00'],
      ['add', '4.00'],
      ['style', '-'],
    ]);
  });

  it('show differences', () => {
    expect(comparisonTable(comparison).rows[0]).toEqual([
      'new',
      'overall',
      '-0.20 [-0.30, -0.10]',
      '0.020',
      '0',
      '1',
      '3',
      '4',
    ]);
  });
});

describe('other forms', () => {
  it('Markdown shows markup as text, within its cell', () => {
    const table = { header: ['a', 'b'], rows: [['<script>|', '**x**\n![](y)']] };
    expect(markdownTable(table)).toBe(
      '| a | b |\n| --- | ---: |\n| \\<script\\>\\| | \\*\\*x\\*\\* \\!\\[\\]\\(y\\) |',
    );
  });

  it('CSV quotes cells, leaves missing values empty, and contains no formula', () => {
    expect(itemsCsv(ITEMS)).toBe(
      'id,kind,instruction,overall,right\r\na,add,"\'=1+1, ""quoted""",4,1\r\nb,style,b,,0\r\n',
    );
  });

  it('CSV has a line for each difference, with unrounded values', () => {
    const [header, first, , without] = differencesCsv(comparison).split('\r\n');
    expect(header).toBe('run,column,mean,low,high,p,corrected_p,wins,ties,losses,n');
    expect(first).toBe('new,overall,-0.2,-0.3,-0.1,0.01,0.02,0,1,3,4');
    expect(without).toBe('new,overall,-0.2,,,0.01,0.02,0,1,3,4');
  });

  it('JUnit fails edits that are not right, and counts missing ones as errors', () => {
    const missing = [{ id: 'c <&>', kind: 'add' as const, reason: 'no "picture"' }];
    const report = itemsJunit({ name: 'a & b', items: ITEMS }, missing);
    expect(report).toContain('<testsuite name="a &amp; b" tests="3" failures="1" errors="1">');
    expect(report).toContain('<testcase classname="add" name="a"/>');
    expect(report).toMatch(/<testcase classname="style" name="b">\s+<failure message="the edit is closer/);
    expect(report).toContain('name="c &lt;&amp;&gt;">\n      <error message="no &quot;picture&quot;"/>');
  });

  it('JUnit fails runs that are worse beyond chance, whether higher or lower is better', () => {
    expect(comparison.differences.map(isWorse)).toEqual([true, false, false]);
    const report = comparisonJunit(comparison);
    expect(report).toContain('tests="3" failures="1" errors="0"');
    expect(report).toContain('worse than old &lt;1&gt;: -0.20 [-0.30, -0.10]');
    expect(comparisonJunit({ ...comparison, base: 'a\u0000' })).toContain('against a\uFFFD');
  });
});
