import { Box } from 'ink';
import { PictureView } from '../pictures/picture.tsx';
import { Line } from '../text/line.tsx';
import { SLIDERS } from './choice.ts';
import { placesFor } from './places.ts';
import type { Strip } from './session-state.ts';

type Props = { readonly strip: Strip; readonly width: number; readonly height: number };

/** Edits that differ in one slider, in rows that make them as large as possible. */
export function StripView({ strip: { slider, values, made }, width, height }: Props) {
  const { perRow, columns, lines } = placesFor(made.length, width, height - 1);
  const { label } = SLIDERS[slider];
  return (
    <Box flexDirection="column">
      <Line text={label} width={width} bold />
      {Array.from({ length: Math.ceil(made.length / perRow) }, (_, row) => (
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
