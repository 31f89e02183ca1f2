import type { Amount, CostEstimate, Spending } from '@rewardedit/annotate';
import { formatDollars } from '@rewardedit/core/text';

const count = (value: number) => value.toLocaleString('en-US');

/** One line on what this process has used, and on what the whole run has, if that is more. */
export function formatSpending(
  { calls, stored, tokens, unreported, uncertain, dollars }: Spending,
  run?: Amount,
): string {
  const parts = [
    `${count(calls)} calls`,
    ...(stored > 0 ? [`${count(stored)} cached replies`] : []),
    `${count(tokens.input)} tokens in, ${count(tokens.output)} out`,
    dollars === undefined ? 'cost unknown' : formatDollars(dollars),
  ];
  const remarks = [
    ...(unreported > 0
      ? [`${count(unreported)} calls without a token count are estimated from the others`]
      : []),
    ...(uncertain !== undefined && uncertain.calls > 0 ? [describeUncertain(uncertain)] : []),
  ];
  const all = run === undefined || run.calls <= calls ? '' : `; ${formatRun(run)}`;
  return `${parts.join(', ')}${remarks.length === 0 ? '' : ` (${remarks.join('; ')})`}${all}`;
}

/** What a run has used in all. */
export function formatRun({ calls, dollars }: Amount): string {
  return `the run so far: ${count(calls)} calls${dollars > 0 ? `, ${formatDollars(dollars)}` : ''}`;
}

function describeUncertain({ calls, dollars }: NonNullable<Spending['uncertain']>): string {
  const cost = dollars > 0 ? `; ${formatDollars(dollars)} of this sum is for them` : '';
  return `${count(calls)} calls got no reply and may have been charged${cost}`;
}

/** Formats an estimate as lines. */
export function formatEstimate(estimate: CostEstimate): string {
  const { triplets, sampled, unreadable, calls, stored, low, high } = estimate;
  const range = (name: 'input' | 'output') => `${count(low[name])} to ${count(high[name])}`;
  const cost =
    low.dollars === undefined || high.dollars === undefined
      ? 'unknown: the model has no prices in the table (see --model-table)'
      : `${formatDollars(low.dollars)} to ${formatDollars(high.dollars)}`;
  return [
    `Triplets     ${count(triplets)} without an answer` +
      (sampled < triplets ? ` (${count(sampled)} sampled)` : ''),
    ...(unreadable > 0 ? [`Unreadable   ${count(unreadable)} of those sampled`] : []),
    `Calls        ${count(calls - stored)}` + (stored > 0 ? ` (and ${count(stored)} cached replies)` : ''),
    `Tokens in    ${range('input')}`,
    `Tokens out   ${range('output')}`,
    `Cost         ${cost}`,
  ].join('\n');
}
