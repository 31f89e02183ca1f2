import { Box } from 'ink';
import { useEffect, useState } from 'react';
import { resizePicture, type Picture } from '@rewardedit/data';
import { pictureLines, pixelsFor } from '../pictures/cells.ts';
import { useColourDepth } from '../pictures/colours.ts';
import { PictureView } from '../pictures/picture.tsx';
import { PixelLines } from '../pictures/pixel-lines.tsx';
import { firstPicture } from '../pictures/use-picture.ts';
import { Line } from '../text/line.tsx';
import { changedShare, difference } from './difference.ts';
import { placesFor } from './places.ts';
import type { Made } from './studio.ts';

type Props = { readonly made: Made; readonly width: number; readonly height: number };

/** The original, the result and their difference, arranged to be as large as possible. */
export function Comparison({ made, width, height }: Props) {
  const { columns, lines: rows } = placesFor(3, width, height);
  const depth = useColourDepth();
  const [compared, setCompared] = useState<{ readonly picture: Picture; readonly share: number }>();
  useEffect(() => {
    let isWanted = true;
    const show = async () => {
      const found = await compare(made, columns, rows);
      if (isWanted) setCompared(found);
    };
    show().catch(() => undefined);
    return () => {
      isWanted = false;
    };
  }, [made, columns, rows]);
  const changed = compared === undefined ? 'difference' : `changed: ${Math.round(100 * compared.share)}%`;
  return (
    <Box width={width} flexWrap="wrap" columnGap={1}>
      <Box flexDirection="column" width={columns}>
        <Line text="original" width={columns} bold />
        <PictureView paths={[made.source]} columns={columns} rows={rows} title="original" />
      </Box>
      <Box flexDirection="column" width={columns}>
        <Line text="edited" width={columns} bold />
        <PictureView paths={[made.result]} columns={columns} rows={rows} title="edited" />
      </Box>
      <Box flexDirection="column" width={columns} aria-label={changed}>
        <Line text={changed} width={columns} bold />
        {compared !== undefined && <PixelLines lines={pictureLines(compared.picture, depth)} />}
      </Box>
    </Box>
  );
}

async function compare({ source, result }: Made, columns: number, rows: number) {
  const [a, b] = await Promise.all([firstPicture([source]), firstPicture([result])]);
  if (a === undefined || b === undefined || a.data.length !== b.data.length || columns < 1 || rows < 1)
    return undefined;
  const whole = difference(a, b);
  return { picture: await resizePicture(whole, pixelsFor(whole, columns, rows)), share: changedShare(a, b) };
}
