import { Box, Text } from 'ink';
import { livenessOf, openPhase } from '@rewardedit/core';
import { formatDuration } from '@rewardedit/core/text';
import { PANES, keyOf } from '../panes/index.ts';
import type { WatchedRun } from '../runs/watched-run.ts';
import { fit } from '../text/fit.ts';
import { Line } from '../text/line.tsx';
import { STATUS_COLOURS, THEME, seriesColour } from '../theme.ts';
import { Help } from './help.tsx';
import { openPanes } from './keys.ts';
import { layout, type Place } from './layout.ts';
import type { ViewSettings } from './view-settings.ts';

type Props = {
  readonly runs: readonly WatchedRun[];
  readonly settings: ViewSettings;
  readonly columns: number;
  readonly rows: number;
  readonly now: number;
  /** Something to say to the user, such as what came of a request. */
  readonly message?: string | undefined;
};

/** One run, or several over each other: a line about each, the open panes, and the keys. A function of what is known of the runs. */
export function WatchScreen({ runs, settings, columns, rows, now, message }: Props) {
  const open = openPanes(
    settings,
    runs.map(({ state }) => state),
  );
  const { focused = open[0], isAlone } = settings;
  const shown = isAlone && focused !== undefined ? [focused] : open;
  const height = rows - runs.length - 1;
  return (
    <Box flexDirection="column" width={columns} height={rows} overflow="hidden">
      {runs.map((run, i) => (
        <Heading
          key={run.folder}
          run={run}
          width={columns}
          now={now}
          {...(runs.length > 1 && { color: seriesColour(i) })}
        />
      ))}
      {settings.isHelp ? (
        <Help width={columns} height={height} />
      ) : (
        <Box columnGap={2} height={Math.max(0, height)} overflow="hidden">
          {layout(shown, focused, columns, height).map((places) => (
            <Box key={places[0].pane} flexDirection="column">
              {places.map((place) => (
                <Placed
                  key={place.pane}
                  place={place}
                  isFocused={place.pane === settings.focused}
                  {...{ runs, settings, now }}
                />
              ))}
            </Box>
          ))}
          {shown.length === 0 && (
            <Line text="No pane is open; the keys 1 to 0 open them." width={columns} dim />
          )}
        </Box>
      )}
      <Footer {...{ runs, settings, message }} width={columns} />
    </Box>
  );
}

type HeadingProps = {
  readonly run: WatchedRun;
  readonly width: number;
  readonly now: number;
  readonly color?: string;
};

function Heading({ run, width, now, color }: HeadingProps) {
  const { state, title } = run;
  const status = state.run === undefined ? 'waiting for events' : livenessOf(state, now);
  const isPaused = 'resume' in state.waiting;
  const end = status === 'running' ? now : (state.lastAt ?? now);
  const taken =
    state.startedAt === undefined ? '' : formatDuration(Math.max(0, (end - state.startedAt) / 1000));
  const about = [state.command ?? '', state.host ?? '', taken].filter((part) => part !== '').join(' · ');
  const room = Math.max(0, width - title.length - status.length - 4);
  return (
    <Text wrap="truncate">
      <Text bold {...(color !== undefined && { color })}>
        {fit(title, width)}
      </Text>
      <Text color={STATUS_COLOURS[isPaused ? 'pending' : status] ?? THEME.warning}>
        {fit(`  ${isPaused ? 'paused' : status}`, width)}
      </Text>
      <Text dimColor>{fit(`  ${about}`, room)}</Text>
    </Text>
  );
}

type PlacedProps = Pick<Props, 'runs' | 'settings' | 'now'> & {
  readonly place: Place;
  readonly isFocused: boolean;
};

function Placed({ place: { pane, width, height }, isFocused, runs, settings, now }: PlacedProps) {
  const { title, Component } = PANES[pane];
  const heading = fit(`${keyOf(pane)} ${title} `, width);
  return (
    <Box flexDirection="column" width={width} height={height} overflow="hidden">
      <Text wrap="truncate" bold={isFocused} color={isFocused ? THEME.focus : THEME.frame}>
        {heading}
        <Text aria-hidden>{(isFocused ? '━' : '─').repeat(Math.max(0, width - heading.length))}</Text>
      </Text>
      <Component runs={runs} width={width} height={height - 1} settings={settings} now={now} />
    </Box>
  );
}

function Footer({
  runs,
  settings,
  message,
  width,
}: Pick<Props, 'runs' | 'settings' | 'message'> & { readonly width: number }) {
  if (settings.isFiltering)
    return (
      <Line
        text={`metrics named: /${settings.filter}▏  Enter keeps, Esc clears`}
        width={width}
        color={THEME.key}
      />
    );
  if (message !== undefined) return <Line text={message} width={width} color={THEME.warning} />;
  const [{ state }] = runs;
  const able = openPhase(state)?.requests ?? [];
  const isRunning = state.status === 'running' && state.run !== undefined;
  const keys = [
    '? help',
    ...(isRunning && able.includes('pause') ? [`p ${'resume' in state.waiting ? 'go on' : 'pause'}`] : []),
    ...(isRunning && able.includes('checkpoint') ? ['c checkpoint'] : []),
    ...(isRunning && able.includes('sample') ? ['s sample'] : []),
    ...(isRunning ? ['x stop'] : []),
    'Tab pane',
    'Enter enlarge',
    'q leave',
  ];
  return <Line text={keys.join(' · ')} width={width} color={THEME.key} />;
}
