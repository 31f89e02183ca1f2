import { Box } from 'ink';
import { PictureView } from '../pictures/picture.tsx';
import { Line } from '../text/line.tsx';
import { SLIDERS } from './choice.ts';
import type { Strip } from './session-state.ts';

const LEAST_WIDTH = 10;

/** Edits side by side that differ in one slider; as many as have room in a row, and rows below. */
export function StripView({
  strip,
  width,
  height,
}: {
  readonly strip: Strip;
  readonly width: number;
  readonly height: number;
}) {
  const { slider, values, made } = strip;
  const most = Math.max(1, Math.floor((width + 1) / (LEAST_WIDTH + 1)));
  const rows = Math.ceil(made.length / most);
  const perRow = Math.ceil(made.length / rows);
  const [columns, lines] = [
    Math.floor((width - perRow + 1) / perRow),
    Math.max(1, Math.floor((height - 1) / rows) - 1),
  ];
  const { label } = SLIDERS[slider];
  return (
    <Box flexDirection="column">
      <Line text={label} width={width} bold />
      {Array.from({ length: rows }, (_, row) => (
        <Box key={row} columnGap={1}>
          {made.slice(row * perRow, (row + 1) * perRow).map(({ result }, i) => {
            const value = String(values[row * perRow + i]);
            return (
              <Box key={result} flexDirection="column" width={columns}>
                <Line text={value} width={columns} bold />
                <PictureView paths={[result]} columns={columns} rows={lines} title={`${label} ${value}`} />
              </Box>
            );
          })}
        </Box>
      ))}
    </Box>
  );
}
