import { Box } from 'ink';
import { inFront, type WatchedRun } from '../runs/watched-run.ts';
import { Line } from '../text/line.tsx';
import { seriesColour } from '../theme.ts';
import { Footer } from './footer.tsx';
import { Heading } from './heading.tsx';
import { Help } from './help.tsx';
import { openPanes } from './keys.ts';
import { layout } from './layout.ts';
import { PlacedPane } from './placed-pane.tsx';
import type { ViewSettings } from './view-settings.ts';

type Props = {
  readonly runs: readonly WatchedRun[];
  readonly settings: ViewSettings;
  readonly columns: number;
  readonly rows: number;
  readonly now: number;
  /** Whether this is a replay. */
  readonly isReplay?: boolean;
  /** A message for the user, such as the result of a request. */
  readonly message?: string | undefined;
};

/** One run or several: a line about each, the open panes, and the keys. A function of the runs' states. */
export function WatchScreen({ runs, settings, columns, rows, now, isReplay = false, message }: Props) {
  const open = openPanes(
    settings,
    runs.map(({ state }) => state),
  );
  const { focused = open[0], isAlone, front } = settings;
  const shown = isAlone && focused !== undefined ? [focused] : open;
  const height = rows - runs.length - 1;
  const isSeveral = runs.length > 1;
  return (
    <Box flexDirection="column" width={columns} height={rows} overflow="hidden">
      {runs.map((run, i) => (
        <Heading
          key={run.folder}
          {...{ run, now }}
          width={columns}
          {...(isSeveral && { color: seriesColour(i), isInFront: run === inFront(runs, front) })}
        />
      ))}
      {settings.isHelp ? (
        <Help width={columns} height={height} />
      ) : (
        <Box columnGap={2} height={Math.max(0, height)} overflow="hidden">
          {layout(shown, focused, columns, height).map((places) => (
            <Box key={places[0].pane} flexDirection="column">
              {places.map((place) => (
                <PlacedPane
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
      <Footer
        state={inFront(runs, front).state}
        runCount={runs.length}
        {...{ settings, isReplay, message }}
        width={columns}
      />
    </Box>
  );
}
