import { openPhase, rateOf, type PhaseState, type RunState } from '@rewardedit/core';
import { formatDollars } from '@rewardedit/core/text';
import type { ProgressState } from './format-progress.ts';

/** The progress of the current phase; undefined if there is none. */
export function progressOf(state: RunState, phase = openPhase(state)): ProgressState | undefined {
  if (phase === undefined) return undefined;
  const { name: label, unit, done, total, pace } = phase;
  return { label, unit, total, done, rate: rateOf(pace), detail: detailOf(state, phase) };
}

/** The most urgent detail: waiting, loss or cost. */
function detailOf(state: RunState, phase: PhaseState): string | undefined {
  return describeWaiting(state) ?? describeLoss(state, phase) ?? describeCost(state, phase);
}

function describeWaiting({ waiting }: RunState): string | undefined {
  const [first] = Object.entries(waiting);
  if (first === undefined) return undefined;
  const [what, { until }] = first;
  return until === undefined ? `waiting for ${what}` : `waiting for ${what} until ${clockTime(until)}`;
}

function clockTime(milliseconds: number): string {
  return new Date(milliseconds).toTimeString().slice(0, 8);
}

function describeLoss({ metrics }: RunState, { unit }: PhaseState): string | undefined {
  const { loss } = metrics;
  return unit !== 'steps' || loss === undefined ? undefined : `loss ${loss.last.toPrecision(3)}`;
}

/** What was spent, and the projected total. */
function describeCost({ spending }: RunState, { done, before, total }: PhaseState): string | undefined {
  const { dollars } = spending ?? {};
  if (dollars === undefined || dollars === 0) return undefined;
  const [counted, all] = [done - before, (total ?? 0) - before];
  const forecast = counted <= 0 || all <= 0 ? '' : ` of about ${formatDollars((dollars / counted) * all)}`;
  return `${formatDollars(dollars)}${forecast}`;
}
