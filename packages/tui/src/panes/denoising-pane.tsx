import { join } from 'node:path';
import { Box } from 'ink';
import { PERSPECTIVES } from '@rewardedit/core';
import { formatNumber } from '../format.ts';
import { PictureView } from '../pictures/picture.tsx';
import { inFront } from '../runs/watched-run.ts';
import { Line } from '../text/line.tsx';
import { THEME } from '../theme.ts';
import type { PaneProps } from './pane.ts';

const LEAST_TEXT = 24;

/** The picture so far, with the instruction and the guidance weights. */
export function DenoisingPane({ runs, width, height, settings }: PaneProps) {
  const { folder, state } = inFront(runs, settings.front);
  const last = state.denoising.at(-1);
  if (last === undefined) return <Line text="nothing is being denoised" width={width} dim />;
  const { step, steps, items = [], guidance = {}, decoded } = last;
  const preview = state.denoising.findLast((one) => one.preview !== undefined)?.preview;
  const isWide = width >= 2 * LEAST_TEXT && preview !== undefined;
  const columns = isWide ? Math.min(2 * height, width - LEAST_TEXT - 2) : width;
  const weights = Object.entries(guidance).map(([name, weight]) => `${name} ${formatNumber(weight)}`);
  const textWidth = isWide ? width - columns - 2 : width;
  const lines = [
    `guidance: ${weights.join(', ') || 'none'}`,
    ...(decoded === undefined ? [] : [`preview: ${decoded}`]),
    ...items.flatMap(({ instruction, asked }) => [
      instruction,
      ...(asked === undefined
        ? []
        : [
            `  asked for ${PERSPECTIVES.map((name) => formatNumber(asked.scores[name] ?? Number.NaN)).join(', ')}`,
          ]),
    ]),
  ].slice(0, isWide ? height - 1 : 2);
  return (
    <Box columnGap={2} flexDirection={isWide ? 'row' : 'column'}>
      {isWide && (
        <PictureView
          paths={[join(folder, preview)]}
          columns={columns}
          rows={height}
          title={`after step ${step}`}
        />
      )}
      <Box flexDirection="column">
        <Line text={`step ${step} of ${steps}`} width={textWidth} bold color={THEME.accent} />
        {lines.map((text, i) => (
          <Line key={i} text={text} width={textWidth} />
        ))}
      </Box>
      {!isWide && preview !== undefined && (
        <PictureView
          paths={[join(folder, preview)]}
          columns={columns}
          rows={height - 1 - lines.length}
          title={`after step ${step}`}
        />
      )}
    </Box>
  );
}
