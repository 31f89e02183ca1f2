import { COLUMNS } from '../results/columns.ts';
import type { ColumnDifference, RunComparison } from '../results/compare.ts';
import { formatDifference } from './format-number.ts';

/** Whether a run is worse than its base beyond chance: the whole interval lies on the worse side. */
export function isWorse({ column, interval }: Pick<ColumnDifference, 'column' | 'interval'>): boolean {
  if (interval === null) return false;
  return COLUMNS[column].better === 'higher' ? interval[1] < 0 : interval[0] > 0;
}

/** A comparison as a JUnit report: a test for each run and column, which fails where the run is worse beyond chance. */
export function comparisonJunit({ base, differences }: RunComparison): string {
  const failures = differences.filter(isWorse).length;
  const cases = differences.map((difference) => {
    const { run, column, mean, interval } = difference;
    const name = `    <testcase classname="${escapeXml(run)}" name="${escapeXml(COLUMNS[column].label)}"`;
    if (!isWorse(difference)) return `${name}/>`;
    const message = `worse than ${base}: ${formatDifference(mean, interval, COLUMNS[column])}`;
    return `${name}>\n      <failure message="${escapeXml(message)}"/>\n    </testcase>`;
  });
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites tests="${differences.length}" failures="${failures}">`,
    `  <testsuite name="${escapeXml(`against ${base}`)}" tests="${differences.length}" failures="${failures}">`,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

function escapeXml(text: string): string {
  // XML 1.0 has no place for control characters, not even escaped.
  return text
    .replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replaceAll(/[&<>"']/g, (character) => ENTITIES[character]);
}
