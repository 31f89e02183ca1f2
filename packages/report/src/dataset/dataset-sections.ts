import { EDIT_KINDS, HIGHEST_SCORE, PERSPECTIVES, PERSPECTIVE_TITLES, type Reward } from '@rewardedit/core';
import { formatBytes, formatSpread } from '@rewardedit/core/text';
import {
  HISTOGRAM_STEP,
  type CollectedExamples,
  type Counted,
  type Inspection,
  type RewardStatistics,
  type ShownTriplet,
} from '@rewardedit/data';
import type { Table } from '@rewardedit/eval';
import { countsChart } from '../charts/distribution-chart.ts';
import type { Example, Section } from '../summary-page.ts';

/** What was found in a dataset, each in a separate pass. */
export interface DatasetFindings {
  readonly inspection: Inspection;
  readonly statistics: RewardStatistics;
  readonly examples: CollectedExamples;
}

/** Returns the data URI of a thumbnail; null if the picture cannot be shown. */
export type Thumbnail = (bytes: Uint8Array) => Promise<string | null>;

/** The sections of a dataset's report: contents, scores, kinds, best and worst, duplicates, missing values. */
export async function datasetSections(
  { inspection, statistics, examples }: DatasetFindings,
  thumbnail: Thumbnail,
): Promise<Section[]> {
  const shown = (triplets: readonly ShownTriplet[], say: (triplet: ShownTriplet) => readonly string[]) =>
    Promise.all(triplets.map((triplet) => toExample(triplet, say(triplet), thumbnail)));
  const { best, worst, duplicates } = examples;
  // With few triplets, or if all have the same scores, the lowest are already among the highest.
  const shownOnce = worst.every(({ id }) => best.some((one) => one.id === id)) ? [] : worst;
  const ofKinds = EDIT_KINDS.flatMap((kind) => examples.kinds.get(kind) ?? []);
  const [sheet, highest, lowest, exact, near] = await Promise.all([
    shown(ofKinds, kindLines),
    shown(best, scoreLines),
    shown(shownOnce, scoreLines),
    shown(duplicates.exact.examples, likeLines),
    shown(duplicates.near.examples, likeLines),
  ]);
  const repeats: Table = {
    header: ['duplicates of an earlier triplet', 'N'],
    rows: [
      ['same bytes and same instruction', String(duplicates.exact.count)],
      ['similar pictures and same instruction', String(duplicates.near.count)],
    ],
  };
  return [
    { title: 'Contents', tables: [overview(inspection)], ...noteOf(inspection.notes) },
    ...scoreSections(statistics),
    { title: 'Kinds of edits', tables: [kinds(statistics)], examples: sheet },
    ...(highest.length === 0 ? [] : [{ title: 'The highest scores', examples: highest }]),
    ...(lowest.length === 0 ? [] : [{ title: 'The lowest scores', examples: lowest }]),
    { title: 'Duplicates', tables: [repeats], examples: [...exact, ...near] },
    missing(inspection, statistics),
  ];
}

function noteOf(notes: readonly string[]): { note?: string } {
  return notes.length === 0 ? {} : { note: `${notes.join('; ')}.` };
}

function listed(counted: Counted): string {
  return counted.length === 0 ? 'none' : counted.map(({ what, count }) => `${what} (${count})`).join(', ');
}

function overview(found: Inspection): Table {
  const { pictureBytes: bytes, instructionLength: lengths, pairs } = found;
  return {
    header: ['', ''],
    rows: [
      ['format', found.format],
      ['rows', String(found.rows)],
      ['usable rows', String(found.usable)],
      ...(found.splits.length === 0 ? [] : [['splits', listed(found.splits)]]),
      ['pictures', listed(found.pictureFormats)],
      ['sizes', listed(found.pictureSizes)],
      ['file sizes', formatSpread(bytes, formatBytes)],
      ['pairs of different sizes', String(pairs.otherSize)],
      ['pairs of different shapes', String(pairs.otherShape)],
      ['instructions', formatSpread(lengths, (value) => value.toFixed(0), 'characters')],
    ],
  };
}

function scoreSections({ scores, histograms, correlations, feedback }: RewardStatistics): Section[] {
  if (PERSPECTIVES.every((name) => scores[name].count === 0)) return [];
  const figure = (value: number | undefined) => value?.toFixed(2) ?? '-';
  const labels = histograms[PERSPECTIVES[0]].map((_, step) => (step * HISTOGRAM_STEP).toFixed(1));
  const charts = PERSPECTIVES.map((name) =>
    countsChart({
      title: PERSPECTIVE_TITLES[name],
      labels,
      counted: [{ name: PERSPECTIVE_TITLES[name], counts: histograms[name] }],
    }),
  );
  const means: Table = {
    header: ['perspective', 'mean', 'spread', 'N', 'missing'],
    rows: PERSPECTIVES.map((name) => {
      const { mean, deviation, count, missing: without } = scores[name];
      return [PERSPECTIVE_TITLES[name], figure(mean), figure(deviation), String(count), String(without)];
    }),
  };
  const together: Table = {
    header: ['correlation of', 'r', 'N'],
    rows: correlations.map(({ between, correlation, count }) => [
      between.map((name) => PERSPECTIVE_TITLES[name]).join(' and '),
      figure(correlation),
      String(count),
    ]),
  };
  const texts = PERSPECTIVES.flatMap((name) =>
    feedback[name].map(({ text, count }) => [PERSPECTIVE_TITLES[name], text, String(count)]),
  );
  return [
    { title: `Scores, from 0 to ${HIGHEST_SCORE}`, charts, tables: [means, together] },
    ...(texts.length === 0
      ? []
      : [{ title: 'Frequent feedback', tables: [{ header: ['perspective', 'text', 'N'], rows: texts }] }]),
  ];
}

/** All seven kinds, including those without triplets. */
function kinds({ kinds: found, triplets }: RewardStatistics): Table {
  return {
    header: ['kind', 'triplets', 'share', ...PERSPECTIVES.map((name) => `mean ${PERSPECTIVE_TITLES[name]}`)],
    rows: [...EDIT_KINDS, 'none' as const].map((kind) => {
      const count = found[kind]?.triplets ?? 0;
      return [
        kind === 'none' ? 'not known' : kind,
        String(count),
        triplets === 0 ? '-' : `${((100 * count) / triplets).toFixed(1)} %`,
        ...PERSPECTIVES.map((name) => found[kind]?.[name].mean?.toFixed(2) ?? '-'),
      ];
    }),
  };
}

function missing({ problems, rows }: Inspection, { scores, kinds: found }: RewardStatistics): Section {
  const { unusable, duplicateIds, emptyInstructions, examples } = problems;
  const counts: Table = {
    header: ['problem', 'N', 'of'],
    rows: [
      ['unusable rows', String(unusable), String(rows)],
      ['duplicate ids', String(duplicateIds), String(rows)],
      ['empty instructions', String(emptyInstructions), String(rows)],
      ['triplets without a kind', String(found.none?.triplets ?? 0), String(rows)],
      ...PERSPECTIVES.map((name) => [
        `triplets without a score for ${PERSPECTIVE_TITLES[name]}`,
        String(scores[name].missing),
        String(rows),
      ]),
    ],
  };
  const reasons: Table = {
    header: ['row', 'where', 'why'],
    rows: examples.map(({ id, where, reason }) => [id, where, reason]),
  };
  return {
    title: 'Missing values and problems',
    tables: examples.length === 0 ? [counts] : [counts, reasons],
  };
}

async function toExample(
  { instruction, original, edited }: ShownTriplet,
  lines: readonly string[],
  thumbnail: Thumbnail,
): Promise<Example> {
  const pictures = await Promise.all([thumbnail(original), thumbnail(edited)]);
  return { pictures, title: instruction, lines };
}

function scoreLines({ id, kind, reward }: ShownTriplet): readonly string[] {
  return [kind === undefined ? id : `${id} (${kind})`, ...perspectiveLines(reward)];
}

function perspectiveLines(reward: Reward | undefined): readonly string[] {
  return PERSPECTIVES.flatMap((name) => {
    const score = reward?.scores[name];
    const text = reward?.feedback[name] ?? '';
    return score === undefined
      ? []
      : [`${PERSPECTIVE_TITLES[name]} ${score.toFixed(1)}${text === '' ? '' : `: ${text}`}`];
  });
}

function kindLines({ id, kind }: ShownTriplet): readonly string[] {
  return [...(kind === undefined ? [] : [kind]), id];
}

function likeLines(triplet: ShownTriplet & { readonly like?: string }): readonly string[] {
  return [triplet.id, ...(triplet.like === undefined ? [] : [`like ${triplet.like}`])];
}
