import { Text } from 'ink';
import { livenessOf } from '@rewardedit/core';
import { formatDuration } from '@rewardedit/core/text';
import type { WatchedRun } from '../runs/watched-run.ts';
import { columnsOf, fit } from '../text/fit.ts';
import { STATUS_COLOURS, THEME } from '../theme.ts';

type Props = {
  readonly run: WatchedRun;
  readonly width: number;
  readonly now: number;
  /** The colour of its curves, if there are several runs. */
  readonly color?: string;
  /** Whether it is the run in front. */
  readonly isInFront?: boolean;
};

/** The identity and status of a run, on one line; it mentions warnings whatever panes are open. */
export function Heading({ run: { state, title }, width, now, color, isInFront = false }: Props) {
  const status = state.run === undefined ? 'waiting for events' : livenessOf(state, now);
  const isPaused = 'resume' in state.waiting;
  const end = status === 'running' ? now : (state.lastAt ?? now);
  const taken =
    state.startedAt === undefined ? '' : formatDuration(Math.max(0, (end - state.startedAt) / 1000));
  const { length: warnings } = state.warnings;
  const parts = [
    { text: `${isInFront ? '› ' : ''}${title}`, bold: true, ...(color !== undefined && { color }) },
    {
      text: isPaused ? 'paused' : status,
      color: STATUS_COLOURS[isPaused ? 'pending' : status] ?? THEME.warning,
    },
    ...(warnings === 0
      ? []
      : [{ text: warnings === 1 ? '1 warning' : `${warnings} warnings`, bold: true, color: THEME.warning }]),
    {
      text: [state.command ?? '', state.host ?? '', taken].filter((part) => part !== '').join(' · '),
      dimColor: true,
    },
  ];
  let room = width;
  return (
    <Text wrap="truncate">
      {parts.map(({ text, ...style }, i) => {
        const fitted = fit(i === 0 ? text : `  ${text}`, room);
        room -= columnsOf(fitted);
        return (
          <Text key={i} {...style}>
            {fitted}
          </Text>
        );
      })}
    </Text>
  );
}
