import type { ComparisonAgreement } from '../agreement/agreement-report.ts';
import { COLUMNS } from '../results/columns.ts';
import type { RunComparison } from '../results/compare.ts';
import type { GroupSummary } from '../results/summarize.ts';
import type { PairComparison } from '../pairs/measure-pairs.ts';
import { formatDifference, formatMean, formatPValue } from './format-number.ts';

/** A table, to be rendered in a terminal, in Markdown or on a page. */
export interface Table {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Every column of a run over all its items. */
export function summaryTable(groups: readonly GroupSummary[]): Table {
  const all = groups.find(({ group }) => group === 'all')!;
  return {
    header: ['', 'mean [95 %]', 'N', 'missing', 'worst case'],
    rows: all.columns.map(({ column, mean, interval, count, missing, worstCase }) => [
      COLUMNS[column].label,
      formatMean(mean, interval, COLUMNS[column]),
      String(count),
      String(missing),
      worstCase === undefined ? '-' : worstCase.toFixed(COLUMNS[column].digits),
    ]),
  };
}

/** Some columns of a run, by kind. */
export function kindTable(groups: readonly GroupSummary[], columns: readonly string[]): Table {
  return {
    header: ['kind', 'N', ...columns.map((column) => COLUMNS[column].label)],
    rows: groups.map(({ group, items, columns: found }) => [
      group,
      String(items),
      ...columns.map((name) => {
        const { mean, interval } = found.find(({ column }) => column === name) ?? {
          mean: null,
          interval: null,
        };
        return formatMean(mean, interval, COLUMNS[name]);
      }),
    ]),
  };
}

/** The differences of runs to their base. */
export function comparisonTable({ base, differences }: RunComparison): Table {
  return {
    header: [`against ${base}`, '', 'difference [95 %]', 'p (corrected)', 'wins', 'ties', 'losses', 'N'],
    rows: differences.map(({ run, column, mean, interval, correctedPValue, wins, ties, losses, count }) => [
      run,
      COLUMNS[column].label,
      formatDifference(mean, interval, COLUMNS[column]),
      formatPValue(correctedPValue),
      ...[wins, ties, losses, count].map(String),
    ]),
  };
}

/** How two editors compare by pairs of their edits. */
export function pairTable(comparisons: readonly PairComparison[]): Table {
  return {
    header: [
      '',
      'win rate [95 %]',
      'p (corrected)',
      'wins',
      'ties',
      'losses',
      'order decides',
      'N',
      'missing',
    ],
    rows: comparisons.map(({ choice, winRate, wins, ties, losses, orderDecides, pairs, missing }) => [
      choice,
      formatShare(winRate.share),
      formatPValue(winRate.correctedPValue),
      ...[wins, ties, losses, orderDecides, pairs, missing].map(String),
    ]),
  };
}

/** How much the answers about pairs depend on the order of the two edits. */
export function positionBiasTable(comparisons: readonly PairComparison[]): Table {
  return {
    header: ['position bias', 'share of the first position [95 %]', 'p against 1/2', 'answers'],
    rows: comparisons.map(({ choice, firstPlace: { share, pValue }, pairs }) => [
      ...[choice, formatShare(share), formatPValue(pValue), String(2 * pairs)],
    ]),
  };
}

function formatShare(share: PairComparison['firstPlace']['share']): string {
  return formatMean(share?.mean ?? null, share?.interval ?? null, { digits: 2 });
}

/** How far two judges agree from each perspective; a dash for undefined figures. */
export function judgesTable({ judge, reference, perspectives }: ComparisonAgreement): Table {
  const figure = (value: number | null) => (value === null ? '-' : value.toFixed(3));
  return {
    header: [
      `${judge} against ${reference}`,
      'Spearman [95 %]',
      "Kendall's tau-b",
      "Krippendorff's alpha",
      'N',
      'missing',
    ],
    rows: Object.entries(perspectives).map(([name, { spearman, kendall, alpha, n, missing }]) => {
      const ends = spearman.interval;
      const interval = ends === null ? '' : ` [${[ends.low, ends.high].map(figure).join(', ')}]`;
      return [
        ...[name, `${figure(spearman.pooled)}${interval}`, figure(kendall), figure(alpha.interval)],
        ...[n, missing].map(String),
      ];
    }),
  };
}
