import { Box, Text } from 'ink';
import { rateOf, type PhaseState, type RunState } from '@rewardedit/core';
import { bar, formatDuration } from '@rewardedit/core/text';
import { fit } from '../../text/fit.ts';
import { Line } from '../../text/line.tsx';
import { THEME } from '../../theme.ts';

const WIDEST_BAR = 40;

type Props = {
  readonly phase: PhaseState;
  readonly state: RunState;
  readonly width: number;
  readonly now: number;
};

/** The progress of a phase, its speed, and the remaining time. */
export function Phase({ phase, state, width, now }: Props) {
  const { name, unit, done, total, pace, startedAt, endedAt } = phase;
  const isOpen = endedAt === undefined && state.status === 'running';
  const share = total === undefined || total === 0 ? undefined : Math.min(1, done / total);
  const rate = isOpen ? rateOf(pace) : undefined;
  const until = endedAt ?? (state.status === 'running' ? now : (state.lastAt ?? now));
  const taken = formatDuration(Math.max(0, (until - startedAt) / 1000));
  const parts = [
    total === undefined ? `${done} ${unit}` : `${done}/${total} ${unit}`,
    ...(rate === undefined
      ? []
      : [
          rate < 0.5
            ? `${(1 / rate).toPrecision(2)} s each`
            : `${rate >= 100 ? rate.toFixed(0) : rate.toPrecision(2)}/s`,
        ]),
    ...(rate === undefined || total === undefined || done >= total
      ? []
      : [`ETA ${formatDuration((total - done) / rate)}`]),
    isOpen ? `${taken} so far` : `took ${taken}`,
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
