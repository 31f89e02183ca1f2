import type {
  AgreementReport,
  ComparisonAgreement,
  Cost,
  CorrelationDifference,
  Interval,
  JudgeDifference,
  PairwiseAccuracy,
  PerspectiveAgreement,
} from '@rewardedit/eval';
import { printable } from '@rewardedit/core/text';
import { formatTable } from './table.ts';

type Cell = string | number;

type Row = (label: string, cells: (of: PerspectiveAgreement) => readonly [number | null, Cell]) => Cell[];

/** The correlation of each group, their means, and the correlation over all items, with intervals; one column per perspective. */
export function correlationTable({ perspectives }: ComparisonAgreement): string {
  const columns = Object.values(perspectives);
  const row: Row = (label, cells) => [
    label,
    ...columns.flatMap((of) => {
      const [value, count] = cells(of);
      return [figure(value), count];
    }),
  ];
  const groups = columns[0].groups.map(({ group }, i) =>
    row(oneLine(group), ({ groups }) => [groups[i].spearman, groups[i].n]),
  );
  return formatTable(
    ['Spearman', ...Object.keys(perspectives).flatMap((name) => [name, 'N'])],
    [
      ...groups,
      row('Fisher mean of groups', ({ spearman }) => [spearman.fisherMean.value, '']),
      ...intervalRows(columns, row, 'resampled', ({ fisherInterval }) => fisherInterval),
      row('mean of groups', ({ spearman }) => [spearman.meanOfGroups, '']),
      row('all items', ({ spearman, n }) => [spearman.pooled, n]),
      ...intervalRows(columns, row, 'items resampled', ({ interval }) => interval),
      ...intervalRows(columns, row, 'tasks resampled', ({ intervalByTask }) => intervalByTask),
    ],
  );
}

/** The bounds of an interval; no rows if no perspective has one. */
function intervalRows(
  columns: readonly PerspectiveAgreement[],
  row: Row,
  resampled: string,
  of: (spearman: PerspectiveAgreement['spearman']) => Interval | null,
): Cell[][] {
  if (columns.every(({ spearman }) => of(spearman) === null)) return [];
  return [
    row(`  95 % from, ${resampled}`, ({ spearman }) => [of(spearman)?.low ?? null, '']),
    row('  95 % to', ({ spearman }) => [of(spearman)?.high ?? null, '']),
  ];
}

type Figure = readonly [label: string, cell: (of: PerspectiveAgreement) => Cell];

const TASK_ACCURACY = accuracy('pairs of a task', ({ sameTask }) => sameTask);

const AGREEMENT: readonly Figure[] = [
  ["Kendall's tau-b", ({ kendall }) => figure(kendall)],
  ...accuracy('all pairs', ({ all }) => all),
  ...accuracy('pairs of a group', ({ withinGroups }) => withinGroups),
  ...TASK_ACCURACY,
  ["Krippendorff's alpha, ordinal", ({ alpha }) => figure(alpha.ordinal)],
  ["Krippendorff's alpha, interval", ({ alpha }) => figure(alpha.interval)],
  ['weighted kappa, linear', ({ kappa }) => figure(kappa.linear)],
  ['weighted kappa, quadratic', ({ kappa }) => figure(kappa.quadratic)],
  ['N', ({ n }) => n],
  ['missing', ({ missing }) => missing],
];

const RATERS: readonly Figure[] = [
  ['Spearman with the others, Fisher mean', ({ raters }) => figure(raters?.leaveOneOut.fisherMean)],
  ['Spearman with the others, all items', ({ raters }) => figure(raters?.leaveOneOut.pooled)],
  ["Krippendorff's alpha, nominal", ({ raters }) => figure(raters?.alpha.nominal)],
  ["Krippendorff's alpha, ordinal", ({ raters }) => figure(raters?.alpha.ordinal)],
  ["Krippendorff's alpha, interval", ({ raters }) => figure(raters?.alpha.interval)],
  ['weighted kappa, linear', ({ raters }) => figure(raters?.kappa.linear)],
  ['weighted kappa, quadratic', ({ raters }) => figure(raters?.kappa.quadratic)],
];

/** The other measures of agreement between judge and reference. */
export function agreementTable(comparison: ComparisonAgreement): string {
  const hasTasks = Object.values(comparison.perspectives).some(
    (of) => of.pairwiseAccuracy.sameTask.pairs > 0,
  );
  const figures = hasTasks ? AGREEMENT : AGREEMENT.filter((each) => !TASK_ACCURACY.includes(each));
  return figureTable('judge and reference', figures, comparison);
}

/** How much better one judge correlates with the reference than another, per perspective. */
export function differenceTable({ perspectives }: JudgeDifference): string {
  const cells = ({ value, interval }: CorrelationDifference) => [
    figure(value),
    interval === null ? '-' : `${figure(interval.low)} to ${figure(interval.high)}`,
  ];
  return formatTable(
    ['difference of Spearman', 'N', 'all items', '95 %', 'Fisher mean', '95 %'],
    Object.entries(perspectives).map(([name, { n, pooled, fisherMean }]) => [
      name,
      n,
      ...cells(pooled),
      ...cells(fisherMean),
    ]),
  );
}

/** The cost of each judge, and of the stages of cascades, beside its agreement with the reference; undefined if no journal records costs. */
export function costTable({ costs }: Pick<AgreementReport, 'costs'>): string | undefined {
  if (costs.length === 0) return undefined;
  const rows = costs.flatMap((cost): Cell[][] => {
    const { agreement, interval, dollarsPerAgreement } = cost;
    const ends = interval === null ? '' : ` [${figure(interval.low)}, ${figure(interval.high)}]`;
    return [
      [
        ...[oneLine(cost.judge), cost.answers, '', ...took(cost, cost.answers)],
        ...[`${figure(agreement)}${ends}`, dollars(dollarsPerAgreement)],
      ],
      ...cost.stages.map((stage, at) => [
        ...[`  ${at + 1} ${oneLine(stage.judge)}`, stage.asked, stage.decided],
        ...[...took(stage, cost.answers), '', ''],
      ]),
    ];
  });
  return formatTable(
    [
      ...['cost', 'asked', 'decided', 'calls', 'tokens', '$ per 1,000'],
      ...['agreement, overall [95 %]', '$ per 1,000 / agreement'],
    ],
    rows,
  );
}

/** Calls and tokens in all, and dollars per 1,000 triplets. */
function took({ calls, tokens, dollars: all }: Cost, triplets: number): Cell[] {
  return [calls, tokens ?? '-', dollars(all === null ? null : (all / triplets) * 1000)];
}

function dollars(value: number | null): string {
  return value?.toFixed(2) ?? '-';
}

/** Agreement among the raters; undefined if there are none. */
export function raterTable(comparison: ComparisonAgreement): string | undefined {
  const hasRaters = Object.values(comparison.perspectives).some(({ raters }) => raters !== null);
  return hasRaters ? figureTable('raters', RATERS, comparison) : undefined;
}

function figureTable(
  title: string,
  figures: readonly Figure[],
  { perspectives }: ComparisonAgreement,
): string {
  const rows = figures.map(([label, cell]) => [label, ...Object.values(perspectives).map(cell)]);
  return formatTable([title, ...Object.keys(perspectives)], rows);
}

function accuracy(
  which: string,
  of: (accuracies: PerspectiveAgreement['pairwiseAccuracy']) => PairwiseAccuracy,
): Figure[] {
  return [
    [`pairwise accuracy, ${which}`, ({ pairwiseAccuracy }) => figure(of(pairwiseAccuracy).value)],
    ['  pairs', ({ pairwiseAccuracy }) => of(pairwiseAccuracy).pairs],
  ];
}

/** Four decimals, or a dash if the figure is undefined. */
function figure(value: number | null | undefined): string {
  return value?.toFixed(4) ?? '-';
}

/** Names of groups come from files, and must not break lines. */
function oneLine(text: string): string {
  return printable(text).replaceAll('\n', String.raw`\u000a`);
}
