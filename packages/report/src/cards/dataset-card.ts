import { HIGHEST_SCORE, PERSPECTIVES, PERSPECTIVE_TITLES } from '@rewardedit/core';
import { HISTOGRAM_STEP, type RewardStatistics } from '@rewardedit/data';
import {
  escapeMarkdown,
  judgesTable,
  markdownTable,
  type ComparisonAgreement,
  type Table,
} from '@rewardedit/eval';
import { frontMatter, sizeCategory } from './front-matter.ts';

export interface DatasetCardOptions {
  readonly name: string;
  /** Hugging Face's identifier, such as cc-by-4.0; left out of the card if absent. */
  readonly license?: string | undefined;
  readonly statistics: RewardStatistics;
  /** The judges, and how many triplets each scored. */
  readonly judges: readonly { readonly name: string; readonly version: string; readonly count: number }[];
  /** Triplets that people corrected. */
  readonly corrected: number;
  readonly agreement: DatasetAgreement;
}

/** How far the judge agrees with people or with other judges, or a sentence that explains why that is unknown. */
export type DatasetAgreement =
  { readonly comparisons: readonly ComparisonAgreement[] } | { readonly unknown: string };

/** Writes the card of a scored dataset: what was judged by whom, the distribution of the scores, and how far they can be trusted. */
export function datasetCard(options: DatasetCardOptions): string {
  const { name, license, statistics, judges, corrected, agreement } = options;
  const { triplets, scores } = statistics;
  const head = frontMatter({
    pretty_name: name,
    license,
    task_categories: ['image-to-image'],
    tags: ['image-editing', 'rewards', 'rewardedit'],
    size_categories: [sizeCategory(triplets)],
  });
  const scoreRows = PERSPECTIVES.map((perspective) => {
    const { mean, deviation, count, missing } = scores[perspective];
    const figure = (value: number | undefined) => value?.toFixed(2) ?? '-';
    return [PERSPECTIVE_TITLES[perspective], figure(mean), figure(deviation), String(count), String(missing)];
  });
  const parts = [
    `# ${escapeMarkdown(name)}`,
    `${triplets} triplets: a picture, an instruction, and the edited picture, with a score from 0 to ${HIGHEST_SCORE} and a text ` +
      'on what failed, from three perspectives.',
    '## Who scored',
    markdownTable({
      header: ['judge', 'version', 'triplets'],
      rows: judges.map(({ name, version, count }) => [name, version, String(count)]),
    }),
    corrected === 0 ? 'No score was corrected by a person.' : `People corrected ${corrected} triplets.`,
    '## Scores',
    markdownTable({ header: ['perspective', 'mean', 'spread', 'N', 'missing'], rows: scoreRows }),
    markdownTable(histogramTable(statistics)),
    '## Kinds of edits',
    markdownTable(kindTable(statistics)),
    '## Agreement',
    ...('unknown' in agreement ? [agreement.unknown] : agreement.comparisons.map(agreementText)),
  ];
  return `${head}\n${parts.join('\n\n')}\n`;
}

function agreementText(comparison: ComparisonAgreement): string {
  return markdownTable(judgesTable(comparison));
}

function histogramTable({ histograms }: RewardStatistics): Table {
  const steps = histograms[PERSPECTIVES[0]].map((_, step) => (step * HISTOGRAM_STEP).toFixed(1));
  return {
    header: ['triplets with a score of', ...steps],
    rows: PERSPECTIVES.map((name) => [PERSPECTIVE_TITLES[name], ...histograms[name].map(String)]),
  };
}

function kindTable({ kinds }: RewardStatistics): Table {
  return {
    header: ['kind', 'triplets', ...PERSPECTIVES.map((name) => `mean ${PERSPECTIVE_TITLES[name]}`)],
    rows: Object.entries(kinds).map(([kind, found]) => [
      kind === 'none' ? 'not known' : kind,
      String(found.triplets),
      ...PERSPECTIVES.map((name) => found[name].mean?.toFixed(2) ?? '-'),
    ]),
  };
}
