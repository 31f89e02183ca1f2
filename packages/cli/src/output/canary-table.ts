import type { CanaryReport, Trial } from '@rewardedit/eval';
import { printable } from '@rewardedit/core/text';
import { formatTable } from './table.ts';

/** Triplets shown per canary that did not pass. */
const MOST_TRIALS = 2;
/** Characters shown of a judge's text. */
const MOST_CHARACTERS = 120;

/**
 * Formats the outcome of each canary as a table, followed by the judge's words for canaries that did not pass. Counts are of triplets:
 * how many passed of those with an answer.
 */
export function formatCanaries({ canaries }: CanaryReport): string {
  const table = formatTable(
    ['canary', 'what is shown', 'expected', 'outcome', 'passed'],
    canaries.map(({ name, shown, expected, outcome, trials }) => {
      const count = (wanted: Trial['outcome']) => trials.filter((trial) => trial.outcome === wanted).length;
      return [name, shown, expected, outcome, `${count('passed')} of ${count('passed') + count('failed')}`];
    }),
  );
  const details = canaries.flatMap(({ name, outcome, trials }) => {
    if (outcome === 'passed') return [];
    const others = trials.filter((trial) => trial.outcome !== 'passed');
    // Show the triplets that decided the outcome.
    const telling = others.filter((trial) => trial.outcome === outcome);
    return telling.slice(0, MOST_TRIALS).map((trial) => formatTrial(name, trial));
  });
  return printable([table, ...(details.length > 0 ? ['', ...details] : [])].join('\n'));
}

function formatTrial(name: string, { triplet, outcome, reason, missing, feedback }: Trial): string {
  const why = [reason, missing].filter((part) => part !== undefined).join('; ');
  const said = Object.values(feedback ?? {}).join(' ');
  const quoted = said === '' ? '' : ` The judge: ${JSON.stringify(shortened(said))}`;
  return `${name}, ${triplet}: ${outcome}, ${oneLine(why)}.${quoted}`;
}

function shortened(text: string): string {
  const characters = Array.from(oneLine(text));
  return characters.length <= MOST_CHARACTERS
    ? characters.join('')
    : `${characters.slice(0, MOST_CHARACTERS).join('')}…`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
