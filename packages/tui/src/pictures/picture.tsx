import { Box } from 'ink';
import { oneLine } from '@rewardedit/core/text';
import { Line } from '../text/line.tsx';
import { pictureLines } from './cells.ts';
import { useColourDepth } from './colours.ts';
import { PixelLines } from './pixel-lines.tsx';
import { usePicture } from './use-picture.ts';

type Props = {
  /** Candidate files, the likeliest first; it may not exist yet, or no longer. */
  readonly paths: readonly string[];
  readonly columns: number;
  readonly rows: number;
  /** A description, for screen readers. */
  readonly title: string;
  /** Whether it is a sheet of pictures below each other. */
  readonly isSheet?: boolean;
};

/** A picture in half blocks. */
export function PictureView({ paths, columns, rows, title, isSheet = false }: Props) {
  const depth = useColourDepth();
  const { picture, trouble } = usePicture(paths, columns, rows, isSheet);
  if (picture === undefined) return <Line text={trouble ?? '…'} width={columns} dim />;
  return (
    <Box flexDirection="column" aria-label={`picture: ${oneLine(title)}`}>
      <PixelLines lines={pictureLines(picture, depth)} />
    </Box>
  );
}
