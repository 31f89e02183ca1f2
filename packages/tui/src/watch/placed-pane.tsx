import { Box, Text } from 'ink';
import { PANES, keyOf } from '../panes/index.ts';
import type { PaneProps } from '../panes/pane.ts';
import { fit } from '../text/fit.ts';
import { THEME } from '../theme.ts';
import type { Place } from './layout.ts';

type Props = Pick<PaneProps, 'runs' | 'settings' | 'now'> & {
  readonly place: Place;
  readonly isFocused: boolean;
};

/** A pane at its position, below a line with its key and title. */
export function PlacedPane({ place: { pane, width, height }, isFocused, ...shown }: Props) {
  const { title, Component } = PANES[pane];
  const heading = fit(`${keyOf(pane)} ${title} `, width);
  return (
    <Box flexDirection="column" width={width} height={height} overflow="hidden">
      <Text wrap="truncate" bold={isFocused} color={isFocused ? THEME.focus : THEME.frame}>
        {heading}
        <Text aria-hidden>{(isFocused ? '━' : '─').repeat(Math.max(0, width - heading.length))}</Text>
      </Text>
      <Component {...shown} width={width} height={height - 1} />
    </Box>
  );
}
