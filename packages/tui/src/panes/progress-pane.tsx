import { Box } from 'ink';
import type { PhaseState, RunState } from '@rewardedit/core';
import { formatBytes } from '@rewardedit/core/text';
import { formatNumber } from '../format.ts';
import { waitingLines } from '../runs/waiting.ts';
import { inFront } from '../runs/watched-run.ts';
import { wrap } from '../text/fit.ts';
import { Line } from '../text/line.tsx';
import { THEME } from '../theme.ts';
import type { PaneProps } from './pane.ts';
import { Ending } from './parts/ending.tsx';
import { Phase } from './parts/phase.tsx';

const PHASE_LINES = 2;

/** The progress of each phase, what it waits for, and warnings, which stay. */
export function ProgressPane({ runs, width, height, settings, now }: PaneProps) {
  const { state } = inFront(runs, settings.front);
  const waiting = waitingLines(state, now);
  const warnings = state.warnings.slice(-3).flatMap((message) => wrap(`Warning: ${message}`, width, 2));
  // The lines below them, including an ending and numbers.
  const room = height - waiting.length - warnings.length - 2;
  const phases = shownPhases(state.phases, Math.max(1, Math.floor(room / PHASE_LINES)));
  return (
    <Box flexDirection="column">
      {phases.map((phase) => (
        <Phase key={`${phase.name} ${phase.startedAt}`} phase={phase} state={state} width={width} now={now} />
      ))}
      {waiting.map((text) => (
        <Line key={text} text={text} width={width} color={THEME.warning} />
      ))}
      <Ending state={state} width={width} now={now} />
      <Line text={numbersOf(state)} width={width} dim />
      {warnings.map((text, i) => (
        <Line key={i} text={text} width={width} color={THEME.warning} bold />
      ))}
    </Box>
  );
}

/**
 * The phases that fit, in the order in which they began: preferably those in progress, then the newest. Of repeated ones, such as
 * samples, only the last.
 */
function shownPhases(phases: readonly PhaseState[], most: number): PhaseState[] {
  const last = phases.filter((phase) => phases.findLast(({ name }) => name === phase.name) === phase);
  const isOpen = ({ endedAt }: PhaseState) => endedAt === undefined;
  const byInterest = [...last.filter(isOpen), ...last.filter((phase) => !isOpen(phase)).toReversed()];
  const chosen = new Set(byInterest.slice(0, most));
  return last.filter((phase) => chosen.has(phase));
}

/** A few key numbers, on one line. */
function numbersOf({ metrics, memory, heartbeat }: RunState): string {
  const measured = Object.entries(metrics)
    .slice(0, 3)
    .map(([name, { last }]) => `${name} ${formatNumber(last)}`);
  const device =
    memory === undefined
      ? []
      : [
          `needs ${formatBytes(memory.state + (memory.frozen ?? 0) + memory.activations + (memory.workspace ?? 0))}`,
        ];
  const process =
    heartbeat === undefined
      ? []
      : [`process ${formatBytes(heartbeat.resident)}, ${heartbeat.processors ?? '?'} processors`];
  return [...measured, ...device, ...process].join(' · ');
}
