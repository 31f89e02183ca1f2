// What `eval` and `compare` found, for the job: tables in its summary, and what a gate failed for.
// Plain JavaScript without packages, because it runs as it is in other people's workflows.
import { escapeMarkdown } from './markdown.mjs';

/**
 * @typedef {[number, number] | null} Interval
 * @typedef {{ column: string, mean: number | null, interval: Interval, count: number, missing: number }} Column
 * @typedef {{ run: string, column: string, mean: number, interval: Interval, correctedPValue: number, wins: number,
 *   ties: number, losses: number, count: number }} Difference
 */

/**
 * The columns of a run over all its items, where the document is the report of `eval`.
 *
 * @param {unknown} document
 * @returns {Column[] | undefined}
 */
export function readColumns(document) {
  const groups = /** @type {{ groups?: { group?: unknown, columns?: Column[] }[] } | null | undefined} */ (
    document
  )?.groups;
  if (!Array.isArray(groups)) return undefined;
  const columns = groups.find((each) => each?.group === 'all')?.columns;
  return Array.isArray(columns) ? columns : undefined;
}

/**
 * The report of `compare`, where the document is one.
 *
 * @param {unknown} document
 * @returns {{ base: string, differences: Difference[], worse: { run: string, column: string }[] } | undefined}
 */
export function readComparison(document) {
  const found = /** @type {ReturnType<typeof readComparison> | null} */ (document);
  return Array.isArray(found?.differences) && Array.isArray(found.worse) ? found : undefined;
}

/**
 * Which runs are worse than the base beyond chance: their whole interval lies on the worse side.
 *
 * @param {unknown} document
 * @returns {string[]}
 */
export function worseThanBase(document) {
  const comparison = readComparison(document);
  return (comparison?.worse ?? []).map(({ run, column }) => {
    const found = comparison?.differences.find((each) => each.run === run && each.column === column);
    return `${run} is worse than ${comparison?.base} in ${column}: ${found ? meanText(found, true) : ''}`;
  });
}

/**
 * What was found, as tables in Markdown; nothing for the document of another command.
 *
 * @param {unknown} document
 * @returns {string}
 */
export function evaluationTables(document) {
  const columns = readColumns(document);
  const comparison = readComparison(document);
  if (columns !== undefined)
    return table(
      ['column', 'mean [95 %]', 'N', 'missing'],
      columns.map((column) => [
        column.column,
        meanText(column),
        String(column.count),
        String(column.missing),
      ]),
    );
  if (comparison !== undefined)
    return table(
      [
        `against ${comparison.base}`,
        'column',
        'difference [95 %]',
        'p (corrected)',
        'wins',
        'ties',
        'losses',
        'N',
      ],
      comparison.differences.map((each) => [
        ...[each.run, each.column, meanText(each, true), each.correctedPValue.toFixed(3)],
        ...[each.wins, each.ties, each.losses, each.count].map(String),
      ]),
    );
  return '';
}

/**
 * @param {{ mean: number | null, interval: Interval }} of
 * @param {boolean} [isDifference]
 */
function meanText({ mean, interval }, isDifference = false) {
  if (mean === null) return '-';
  const text = (/** @type {number} */ value) =>
    `${isDifference && value > 0 ? '+' : ''}${Number(value.toPrecision(3))}`;
  return interval === null ? text(mean) : `${text(mean)} [${interval.map(text).join(', ')}]`;
}

/**
 * @param {string[]} header
 * @param {string[][]} rows
 */
function table(header, rows) {
  const line = (/** @type {string[]} */ cells) => `| ${cells.map(escapeMarkdown).join(' | ')} |`;
  return ['', line(header), `|${header.map(() => ' --- |').join('')}`, ...rows.map(line), ''].join('\n');
}
