import { Box } from 'ink';
import { describeEvent } from '@rewardedit/core';
import { inFront } from '../runs/watched-run.ts';
import { Line } from '../text/line.tsx';
import { THEME } from '../theme.ts';
import type { PaneProps } from './pane.ts';

/** The log of the run, newest last, at the user's scroll position. */
export function LogPane({ runs, width, height, settings }: PaneProps) {
  const { log } = inFront(runs, settings.front).state;
  const scroll = settings.focused === 'overview' ? 0 : settings.scroll;
  const end = Math.max(Math.min(height, log.length), log.length - scroll);
  const shown = log.slice(Math.max(0, end - height), end);
  return (
    <Box flexDirection="column">
      {shown.map(({ number, event }) => (
        <Line
          key={number}
          text={`${event.time.slice(11, 19)} ${describeEvent(event)}`}
          width={width}
          {...(event.type === 'warning' && { color: THEME.warning })}
        />
      ))}
      {shown.length === 0 && <Line text="no messages yet" width={width} dim />}
    </Box>
  );
}
