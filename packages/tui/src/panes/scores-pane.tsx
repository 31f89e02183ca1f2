import { Box } from 'ink';
import { PERSPECTIVES } from '@rewardedit/core';
import { inFront } from '../runs/watched-run.ts';
import { seriesColour } from '../theme.ts';
import type { PaneProps } from './pane.ts';
import { Histogram } from './parts/histogram.tsx';

const LEAST_COLUMN = 20;

/** Histograms of the scores from each perspective. */
export function ScoresPane({ runs, width, height, settings }: PaneProps) {
  const { scores } = inFront(runs, settings.front).state;
  const isWide = width >= PERSPECTIVES.length * LEAST_COLUMN;
  const columnWidth = isWide ? Math.floor((width - 4) / PERSPECTIVES.length) : width;
  const room = isWide ? height : Math.floor(height / PERSPECTIVES.length);
  return (
    <Box flexDirection={isWide ? 'row' : 'column'} columnGap={2}>
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
