import { Box, Text } from 'ink';
import { oneLine } from '@rewardedit/core/text';
import { formatNumber } from '../format.ts';
import { fit, pad, padLeft } from '../text/fit.ts';
import { seriesColour } from '../theme.ts';
import { canvasRows } from './canvas.ts';
import { plot, type Curve, type Range } from './plot.ts';

type Props = {
  /** What it shows, for screen readers. */
  readonly title: string;
  readonly curves: readonly Curve[];
  /** Columns and lines, including labels. */
  readonly width: number;
  readonly height: number;
  readonly logarithmic?: boolean;
  readonly steps?: Range | undefined;
  /** Formats a value of the axis. */
  readonly format?: (value: number) => string;
  readonly formatStep?: (step: number) => string;
};

const LABEL_WIDTH = 8;
/** A smaller chart has no labels. */
const LABELLED_WIDTH = 24;
const LABELLED_HEIGHT = 3;

/** Curves over steps in braille dots, with labels at the ends of both axes. */
export function Chart({
  title,
  curves,
  width,
  height,
  logarithmic = false,
  steps,
  format = formatNumber,
  formatStep = wholeStep,
}: Props) {
  const isLabelled = width >= LABELLED_WIDTH && height >= LABELLED_HEIGHT;
  const [inner, lines] = isLabelled ? [width - LABEL_WIDTH - 1, height - 1] : [width, height];
  const drawn = plot(curves, { width: inner, height: lines, logarithmic, steps });
  if (drawn === undefined) return <Text dimColor>{fit('no values yet', width)}</Text>;
  const { canvas, values, steps: shown } = drawn;
  const label = (row: number) => {
    if (row === 0) return format(values[1]);
    return row === lines - 1 && lines > 1 ? format(values[0]) : '';
  };
  const first = formatStep(shown[0]);
  return (
    <Box flexDirection="column" aria-label={spoken(title, curves, format, formatStep)}>
      {canvasRows(canvas).map((spans, row) => (
        <Text key={row} wrap="truncate">
          {isLabelled && <Text dimColor>{`${padLeft(label(row), LABEL_WIDTH)}▕`}</Text>}
          {spans.map(({ text, curve }, i) => (
            <Text key={i} {...(curve !== undefined && { color: seriesColour(curve) })}>
              {text}
            </Text>
          ))}
        </Text>
      ))}
      {isLabelled && (
        <Text dimColor>
          {pad('', LABEL_WIDTH + 1) + fit(first, inner) + padLeft(formatStep(shown[1]), inner - first.length)}
        </Text>
      )}
    </Box>
  );
}

/** When zoomed in, the ends of the range may be between two steps. */
function wholeStep(step: number): string {
  return String(Math.round(step));
}

/** A chart in words. */
function spoken(
  title: string,
  curves: readonly Curve[],
  format: (value: number) => string,
  formatStep: (step: number) => string,
): string {
  const ends = curves.flatMap(({ steps, values }) => {
    const [from, to, at] = [values[0], values.at(-1), steps.at(-1)];
    if (to === undefined || at === undefined) return [];
    return [`${format(to)} at ${formatStep(at)}, at first ${format(from)}`];
  });
  return `${oneLine(title)}: ${ends.join('; ') || 'no values yet'}`;
}
