import { Box } from 'ink';
import { PictureView } from '../pictures/picture.tsx';
import { mediaOf } from '../runs/media.ts';
import { inFront } from '../runs/watched-run.ts';
import { Line } from '../text/line.tsx';
import type { PaneProps } from './pane.ts';

/** Sample pictures and edits, one at a time, by default the newest. */
export function MediaPane({ runs, width, height, settings }: PaneProps) {
  const { folder, state } = inFront(runs, settings.front);
  const media = mediaOf(folder, state);
  if (media.length === 0) return <Line text="no pictures yet" width={width} dim />;
  const at = Math.max(0, media.length - 1 - settings.back);
  const { paths, step, captions } = media[at];
  const about = [step === undefined ? '' : `step ${step}`, `${at + 1} of ${media.length}`, ...captions];
  return (
    <Box flexDirection="column">
      <Line text={about.filter((part) => part !== '').join(' · ')} width={width} />
      <PictureView
        paths={paths}
        columns={width}
        rows={height - 1}
        title={captions.join(', ')}
        isSheet={captions.length > 1}
      />
    </Box>
  );
}
