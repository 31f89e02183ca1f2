import { Box, Text } from 'ink';
import { PERSPECTIVES, PERSPECTIVE_TITLES, type Perspective, type RunState } from '@rewardedit/core';
import { bar } from '@rewardedit/core/text';
import { Line } from '../text/line.tsx';
import { seriesColour } from '../theme.ts';
import type { PaneProps } from './pane.ts';

const LEAST_COLUMN = 20;

/** How often each score was given, in each perspective, as the histograms fill up. */
export function ScoresPane({ runs, width, height }: PaneProps) {
  const { scores } = runs[0].state;
  const besides = width >= PERSPECTIVES.length * LEAST_COLUMN;
  const columnWidth = besides ? Math.floor((width - 4) / PERSPECTIVES.length) : width;
  const room = besides ? height : Math.floor(height / PERSPECTIVES.length);
  return (
    <Box flexDirection={besides ? 'row' : 'column'} columnGap={2}>
      {PERSPECTIVES.map((name, i) => (
        <Histogram
          key={name}
          name={name}
          score={scores[name]}
          width={columnWidth}
          height={room}
          color={seriesColour(i)}
        />
      ))}
    </Box>
  );
}

type HistogramProps = {
  readonly name: Perspective;
  readonly score: RunState['scores'][Perspective];
  readonly width: number;
  readonly height: number;
  readonly color: string;
};

function Histogram({ name, score: { counts, n, sum, missing }, width, height, color }: HistogramProps) {
  const most = Math.max(1, ...counts);
  const mean = n === 0 ? '-' : (sum / n).toFixed(2);
  const lack = missing === 0 ? '' : `, ${missing} missing`;
  const digits = String(most).length;
  return (
    <Box flexDirection="column" width={width}>
      <Line text={PERSPECTIVE_TITLES[name]} width={width} bold color={color} />
      {height > 1 && <Line text={`mean ${mean}, N ${n}${lack}`} width={width} />}
      {height > counts.length + 1 &&
        counts.map((count, score) => (
          <Text key={score} wrap="truncate">
            {`${score} ${String(count).padStart(digits)} `}
            <Text color={color} aria-hidden>
              {bar(count / most, Math.max(1, width - digits - 3))}
            </Text>
          </Text>
        ))}
    </Box>
  );
}
