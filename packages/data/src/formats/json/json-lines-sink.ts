import { open } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { CheckedPicture } from '../rows/checked-triplet.ts';
import { withoutKeysOf } from '../rows/values.ts';
import { restartingSink } from '../converting/restarting-sink.ts';
import type { TripletSink } from '../converting/triplet-sink.ts';
import type { ConversionClaim } from '../converting/work-folder.ts';

/** Readers refuse lines of more than 64 MB, and base64 makes pictures a third larger. */
const MAX_PICTURE_BYTES = 45 * 1024 * 1024;

/** Writes a self-contained file of JSON lines: pictures are `data:` URIs, rewards are in the column `reward`. */
export function createJsonLines(target: string, claim: ConversionClaim): Promise<TripletSink> {
  return restartingSink(target, claim, 'file', async (folder) => {
    const file = await open(join(folder, basename(target)), 'w');
    return {
      refuses({ pictures }) {
        const bytes = Object.values(pictures).reduce((sum, picture) => sum + picture.bytes.length, 0);
        return bytes > MAX_PICTURE_BYTES ? 'its pictures are too large for one line of JSON' : undefined;
      },
      async write({ record, extra, pictures: { original, edited, truth } }) {
        const { id, instruction, ...rest } = record;
        const row = {
          id,
          instruction,
          original: dataUri(original),
          edited: dataUri(edited),
          ...(truth !== undefined && { truth: dataUri(truth) }),
          ...rest,
        };
        await file.writeFile(`${JSON.stringify({ ...row, ...withoutKeysOf(row, extra) })}\n`);
      },
      end: () => file.close(),
      abandon: () => file.close(),
    };
  });
}

function dataUri({ bytes, format }: CheckedPicture): string {
  return `data:${format.mediaType};base64,${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('base64')}`;
}
