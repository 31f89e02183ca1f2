import { Box, Text } from 'ink';
import { livenessOf, rateOf, type PhaseState, type RunState } from '@rewardedit/core';
import { bar, formatBytes, formatDuration } from '@rewardedit/core/text';
import { formatNumber } from '../format.ts';
import { fit } from '../text/fit.ts';
import { Line } from '../text/line.tsx';
import { THEME } from '../theme.ts';
import type { PaneProps } from './pane.ts';

const WIDEST_BAR = 40;

/** How far each part of the work is, what it waits for, and warnings, which stay. */
export function ProgressPane({ runs, width, height, now }: PaneProps) {
  const { state } = runs[0];
  const phases = state.phases.slice(-Math.max(1, Math.floor(height / 3)));
  const waiting = Object.entries(state.waiting).map(([what, { why, until }]) => {
    const time = until === undefined ? '' : ` for ${formatDuration(Math.max(0, (until - now) / 1000))}`;
    return `Waiting for ${what}${time}${why === undefined ? '' : `: ${why}`}`;
  });
  const warnings = state.warnings.slice(-3).map((message) => `Warning: ${message}`);
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

type PhaseProps = {
  readonly phase: PhaseState;
  readonly state: RunState;
  readonly width: number;
  readonly now: number;
};

function Phase({ phase, state, width, now }: PhaseProps) {
  const { name, unit, done, total, pace, startedAt, endedAt } = phase;
  const isOpen = endedAt === undefined;
  const share = total === undefined || total === 0 ? undefined : Math.min(1, done / total);
  const rate = isOpen ? rateOf(pace) : undefined;
  const until = endedAt ?? (state.status === 'running' ? now : (state.lastAt ?? now));
  const parts = [
    total === undefined ? `${done} ${unit}` : `${done}/${total} ${unit}`,
    ...(rate === undefined
      ? []
      : [rate < 0.5 ? `${(1 / rate).toPrecision(2)} s each` : `${rate.toPrecision(2)}/s`]),
    ...(rate === undefined || total === undefined || done >= total
      ? []
      : [`ETA ${formatDuration((total - done) / rate)}`]),
    `${formatDuration(Math.max(0, (until - startedAt) / 1000))} so far`,
  ];
  const room = Math.min(WIDEST_BAR, Math.max(0, width - name.length - 8));
  const percent = share === undefined ? '' : ` ${Math.floor(100 * share)}%`;
  return (
    <Box flexDirection="column">
      <Text wrap="truncate">
        <Text bold={isOpen}>{fit(name, width)}</Text>
        {share !== undefined && room >= 8 && (
          <Text aria-hidden>
            {' '}
            <Text color={isOpen ? THEME.accent : THEME.good}>{bar(share, room).padEnd(room, '░')}</Text>
          </Text>
        )}
        <Text>{fit(percent, width)}</Text>
      </Text>
      <Line text={`  ${parts.join(' · ')}`} width={width} />
    </Box>
  );
}

function Ending({
  state,
  width,
  now,
}: {
  readonly state: RunState;
  readonly width: number;
  readonly now: number;
}) {
  const { ending, lastAt } = state;
  if (ending !== undefined) {
    const text = [`The run ended: ${ending.status}`, ending.message, ending.hint].filter(Boolean).join('. ');
    return <Line text={text} width={width} color={ending.status === 'done' ? THEME.good : THEME.bad} bold />;
  }
  if (livenessOf(state, now) !== 'silent' || lastAt === undefined) return null;
  const text = `No sign of life for ${formatDuration((now - lastAt) / 1000)}: its process or machine may be down.`;
  return <Line text={text} width={width} color={THEME.warning} bold />;
}

/** Some numbers of interest, on one line. */
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
