// What a command's JSON document and exit code mean for the job: the table in its summary, and why it fails.
// Plain JavaScript without packages, because it runs as it is in other people's workflows.
import { readColumns, worseThanBase } from './evaluation.mjs';
import { escapeMarkdown } from './markdown.mjs';

/**
 * @typedef {{ mean?: number, deviation?: number, count: number, missing: number }} Score
 * @typedef {Record<string, number>} Minimum
 */

const PERSPECTIVES = ['following', 'preserving', 'quality'];
const SCORES = [...PERSPECTIVES, 'overall'];

/** The exit code of a command that is done, but for some items that it set aside. */
const PARTIAL = 68;

/**
 * Reads `following=3.5,overall=3`. Throws where a name is unknown or given twice, or a number is not one from 0 to 5.
 *
 * @param {string} text
 * @returns {Minimum}
 */
export function readMinimum(text) {
  /** @type {Minimum} */
  const minimum = {};
  for (const part of text.split(/[,\s]+/).filter((part) => part !== '')) {
    const [, name, number] = /^(\w+)=(\d+(?:\.\d+)?)$/.exec(part) ?? [];
    if (!SCORES.includes(name) || Number(number) > 5)
      throw new Error(
        `minimum: expected one of ${SCORES.join(', ')}, =, and a number from 0 to 5, but got ${part}`,
      );
    if (name in minimum) throw new Error(`minimum: ${name} is given twice`);
    minimum[name] = Number(number);
  }
  return minimum;
}

/**
 * The scores of a document, and `overall`, the mean of the three means where all of them are there. Undefined where the
 * document holds no scores.
 *
 * @param {unknown} document
 * @returns {Record<string, Score> | undefined}
 */
export function readScores(document) {
  const scores =
    /** @type {{ scores?: Record<string, Score> } | undefined} */ (document)?.scores ??
    evaluatedScores(document);
  if (!scores || !PERSPECTIVES.every((name) => isScore(scores[name]))) return undefined;
  const three = PERSPECTIVES.map((name) => scores[name]);
  const means = three.flatMap(({ mean }) => (mean === undefined ? [] : [mean]));
  const overall = {
    ...(means.length === 3 && { mean: means.reduce((sum, mean) => sum + mean, 0) / 3 }),
    count: Math.min(...three.map(({ count }) => count)),
    missing: Math.max(...three.map(({ missing }) => missing)),
  };
  return { ...Object.fromEntries(PERSPECTIVES.map((name, index) => [name, three[index]])), overall };
}

/**
 * The scores of a run of `eval`.
 *
 * @param {unknown} document
 * @returns {Record<string, Score> | undefined}
 */
function evaluatedScores(document) {
  const columns = readColumns(document)?.filter(({ column }) => PERSPECTIVES.includes(column));
  if (columns === undefined || columns.length === 0) return undefined;
  return Object.fromEntries(
    columns.map(({ column, mean, count, missing }) => [
      column,
      { ...(mean !== null && { mean }), count, missing },
    ]),
  );
}

/** @param {Score | undefined} score */
function isScore({ mean, count } = { count: NaN, missing: NaN }) {
  return Number.isInteger(count) && (count === 0 || Number.isFinite(mean));
}

/**
 * Why the job fails; nothing where it passes.
 *
 * @param {{ document: unknown, exitCode: number, minimum: Minimum, allowMissing: boolean }} outcome
 * @returns {string[]}
 */
export function reasonsToFail({ document, exitCode, minimum, allowMissing }) {
  const scores = readScores(document);
  const passes = exitCode === 0 || (exitCode === PARTIAL && allowMissing);
  const message = /** @type {{ error?: { message?: unknown } } | undefined} */ (document)?.error?.message;
  const ended = [
    `the command ended with exit code ${exitCode}`,
    ...(typeof message === 'string' ? [message] : []),
    ...(exitCode === PARTIAL ? ['some items have no result, which allow-missing lets pass'] : []),
  ];
  return [
    ...(passes ? [] : [ended.join(': '), ...worseThanBase(document)]),
    ...(document === undefined ? ['the command printed no JSON document'] : []),
    ...(scores === undefined && Object.keys(minimum).length > 0
      ? ['there are no scores to compare with the minimum']
      : []),
    ...PERSPECTIVES.filter((name) => scores?.[name].count === 0).map(
      (name) => `no triplet has a score for ${name}`,
    ),
    ...Object.entries(minimum).flatMap(([name, least]) => {
      const mean = scores?.[name].mean;
      return mean !== undefined && mean < least ? [`the mean of ${name} is ${mean}, below ${least}`] : [];
    }),
  ];
}

/**
 * The job summary, in Markdown.
 *
 * @param {{ title: string, scores: Record<string, Score> | undefined, minimum: Minimum, reasons: string[] }} parts
 */
export function toMarkdown({ title, scores, minimum, reasons }) {
  const digits = (/** @type {number | undefined} */ number) => number?.toFixed(2) ?? '-';
  const rows = Object.entries(scores ?? {}).map(([name, { mean, deviation, count, missing }]) =>
    [name, digits(mean), digits(minimum[name]), digits(deviation), count, missing].join(' | '),
  );
  return [
    `### ${escapeMarkdown(title)}: ${reasons.length === 0 ? 'passed' : 'failed'}`,
    ...reasons.map((reason) => `- ${escapeMarkdown(reason)}`),
    ...(rows.length === 0
      ? []
      : [
          '',
          '| score | mean | minimum | spread | scored | missing |',
          '| :-- | --: | --: | --: | --: | --: |',
        ]),
    ...rows.map((row) => `| ${row} |`),
    '',
  ].join('\n');
}

/**
 * Shows an error beside the job: a command to the runner, which is one line.
 *
 * @param {string} message
 */
export function annotate(message) {
  const line = message.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
  process.stdout.write(`::error title=rewardedit::${line}\n`);
}
