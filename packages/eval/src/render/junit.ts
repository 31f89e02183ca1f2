import { COLUMNS } from '../results/columns.ts';
import type { MissingEdit } from '../edits/missing-edits.ts';
import type { ColumnDifference, RunComparison } from '../results/compare.ts';
import type { RunItem } from '../results/read-run.ts';
import { formatDifference } from './format-number.ts';

/** Whether a run is worse than its base beyond chance: the whole interval is on the worse side. */
export function isWorse({ column, interval }: Pick<ColumnDifference, 'column' | 'interval'>): boolean {
  if (interval === null) return false;
  return COLUMNS[column].better === 'higher' ? interval[1] < 0 : interval[0] > 0;
}

/** Writes a comparison as a JUnit report: one test per run and column, which fails if the run is worse beyond chance. */
export function comparisonJunit({ base, differences }: RunComparison): string {
  const tests = differences.map((difference): TestCase => {
    const { run, column, mean, interval } = difference;
    const named = { group: run, name: COLUMNS[column].label };
    if (!isWorse(difference)) return named;
    const said = formatDifference(mean, interval, COLUMNS[column]);
    return { ...named, failure: `worse than ${base}: ${said}` };
  });
  return suite(`against ${base}`, tests);
}

/**
 * Writes a run as a JUnit report: one test per item, which fails if its edit is closer to the original than to the true edit, and
 * is an error if the edit is missing.
 */
export function itemsJunit(
  { name, items }: { readonly name: string; readonly items: readonly RunItem[] },
  missing: readonly MissingEdit[],
): string {
  const failure = 'the edit is closer to the original than to the true edit';
  return suite(name, [
    ...items.map(({ id, kind, values }): TestCase => ({
      ...{ group: kind ?? 'edit', name: id },
      ...(values['right'] === 0 && { failure }),
    })),
    ...missing.map(({ id, kind, reason }) => ({ group: kind ?? 'edit', name: id, error: reason })),
  ]);
}

interface TestCase {
  readonly group: string;
  readonly name: string;
  readonly failure?: string;
  readonly error?: string;
}

function suite(name: string, tests: readonly TestCase[]): string {
  const counted = (outcome: 'failure' | 'error') => tests.filter((test) => outcome in test).length;
  const counts = `tests="${tests.length}" failures="${counted('failure')}" errors="${counted('error')}"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites ${counts}>`,
    `  <testsuite name="${escapeXml(name)}" ${counts}>`,
    ...tests.map(testXml),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function testXml({ group, name, failure, error }: TestCase): string {
  const start = `    <testcase classname="${escapeXml(group)}" name="${escapeXml(name)}"`;
  const [outcome, message] = failure === undefined ? ['error', error] : ['failure', failure];
  if (message === undefined) return `${start}/>`;
  return `${start}>\n      <${outcome} message="${escapeXml(message)}"/>\n    </testcase>`;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

function escapeXml(text: string): string {
  // XML 1.0 allows no control characters, not even escaped ones.
  return text
    .replaceAll(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replaceAll(/[&<>"']/g, (character) => ENTITIES[character]);
}
