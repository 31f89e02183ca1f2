import { PERSPECTIVES, PERSPECTIVE_TITLES, type Perspective } from '@rewardedit/core';
import { HISTOGRAM_STEP, type RewardStatistics, type ScoreSummary } from '@rewardedit/data';
import { bar, printable } from '@rewardedit/core/text';
import { formatTable } from './table.ts';

const BAR_WIDTH = 16;
const GAP = '  ';

/** Formats the statistics of rewards: scores, histograms, correlations, kinds of edits, frequent feedback. */
export function rewardReport(found: RewardStatistics): string {
  const parts = [
    scoreTable(found.scores),
    histograms(found),
    correlations(found),
    kinds(found),
    feedback(found),
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}

/** One line per perspective. */
export function scoreTable(scores: RewardStatistics['scores']): string {
  const rows = PERSPECTIVES.map((name) => {
    const { mean, deviation, count, missing } = scores[name];
    return [PERSPECTIVE_TITLES[name], mean?.toFixed(2) ?? '-', deviation?.toFixed(2) ?? '-', count, missing];
  });
  return formatTable(['perspective', 'mean', 'spread', 'N', 'missing'], rows);
}

/** The histograms side by side; the longest bar of each is its most frequent score. */
function histograms({ histograms: counts, scores }: RewardStatistics): string {
  const named = PERSPECTIVES.filter((name) => scores[name].count > 0);
  if (named.length === 0) return '';
  const columns = named.map((name) => {
    const most = Math.max(...counts[name]);
    const digits = String(most).length;
    return {
      title: PERSPECTIVE_TITLES[name],
      cells: counts[name].map((count) => `${String(count).padStart(digits)} ${bar(count / most, BAR_WIDTH)}`),
      width: Math.max(PERSPECTIVE_TITLES[name].length, digits + 1 + BAR_WIDTH),
    };
  });
  const line = (label: string, cells: readonly string[]) =>
    [label, ...cells.map((cell, i) => cell.padEnd(columns[i].width))].join(GAP).trimEnd();
  const bins = counts[named[0]].map((_, bin) => (bin * HISTOGRAM_STEP).toFixed(1));
  return [
    line(
      'score',
      columns.map(({ title }) => title),
    ),
    ...bins.map((bin, i) =>
      line(
        bin.padStart('score'.length),
        columns.map(({ cells }) => cells[i]),
      ),
    ),
  ].join('\n');
}

function correlations({ correlations: found }: RewardStatistics): string {
  if (found.every(({ correlation }) => correlation === undefined)) return '';
  const rows = found.map(({ between, correlation, count }) => [
    between.join(' and '),
    correlation?.toFixed(2) ?? '-',
    count,
  ]);
  return formatTable(['correlation of', 'r', 'N'], rows);
}

function kinds({ kinds: found }: RewardStatistics): string {
  const entries = Object.entries(found);
  if (entries.length < 2) return '';
  const rows = entries.map(([kind, { triplets, ...scores }]) => [
    kind,
    triplets,
    ...PERSPECTIVES.map((name) => meanOf(scores[name])),
  ]);
  return formatTable(['kind', 'triplets', ...PERSPECTIVES], rows);
}

/** The mean, with N if some scores are missing. */
function meanOf({ mean, count, missing }: ScoreSummary): string {
  return mean === undefined ? '-' : `${mean.toFixed(2)}${missing > 0 ? ` (N ${count})` : ''}`;
}

const LONGEST_TEXT = 100;

function feedback({ feedback: found }: RewardStatistics): string {
  const rows = PERSPECTIVES.flatMap((name: Perspective) =>
    found[name].map(({ text, count }) => [
      name,
      count,
      printable(text.replaceAll(/\s+/g, ' ').slice(0, LONGEST_TEXT)),
    ]),
  );
  return rows.length === 0 ? '' : formatTable(['frequent feedback', 'N', 'text'], rows);
}
