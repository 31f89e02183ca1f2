import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { makeFolder } from '@rewardedit/core';
import type { CheckedPicture } from '../rows/checked-triplet.ts';
import { PROMPT_FILE } from './instruct-pix2pix-folder.ts';
import { SEEDS_FILE } from './instruct-pix2pix-source.ts';
import { restartingSink } from '../converting/restarting-sink.ts';
import type { TripletSink } from '../converting/triplet-sink.ts';
import type { ConversionClaim } from '../converting/work-folder.ts';

/** Only ids of this form become folder names. */
const OWN_ID = /^([\w-]{1,64})\/(\d{1,20})$/;

/** The training code of this layout only reads JPEGs. */
const JPEG = { quality: 95, chromaSubsampling: '4:4:4' } as const;

/**
 * Writes InstructPix2Pix's folders. Triplets with an id `folder/seed` keep it; others get a folder each. Other pictures are converted to
 * JPEG. The layout has no place for rewards.
 */
export function createInstructPix2Pix(target: string, claim: ConversionClaim): Promise<TripletSink> {
  return restartingSink(target, claim, 'folder', async (root) => {
    const folders = new Map<string, { readonly seeds: string[]; readonly prompt: string }>();
    let [count, converted] = [0, 0];
    const lost = new Map<string, number>();
    const place = (id: string) => {
      const [, folder = `triplet-${String(count).padStart(7, '0')}`, seed = '0'] = OWN_ID.exec(id) ?? [];
      return { folder, seed };
    };
    const jpegOf = async ({ bytes, format }: CheckedPicture) => {
      if (format.name === 'jpeg') return bytes;
      converted += 1;
      return sharp(bytes).flatten({ background: '#ffffff' }).toColourspace('srgb').jpeg(JPEG).toBuffer();
    };
    return {
      refuses({ record: { id, ...record } }) {
        const { folder } = place(id);
        const there = folders.get(folder);
        return there !== undefined && there.prompt !== fingerprint(record)
          ? `the folder ${folder} has another instruction or description, and the format holds only one of each per folder`
          : undefined;
      },
      async write({ record, extra, pictures }) {
        const { folder, seed } = place(record.id);
        const path = join(root, folder);
        const there = folders.get(folder) ?? { seeds: [], prompt: fingerprint(record) };
        if (there.seeds.length === 0) {
          await makeFolder(path);
          const { edited_prompt: output } = extra;
          const prompt = { input: record.description, edit: record.instruction, output };
          await writeFile(join(path, PROMPT_FILE), JSON.stringify(prompt));
        }
        await writeFile(join(path, `${seed}_0.jpg`), await jpegOf(pictures.original));
        await writeFile(join(path, `${seed}_1.jpg`), await jpegOf(pictures.edited));
        there.seeds.push(seed);
        folders.set(folder, there);
        count += 1;
        const { kind, faults, reward } = record;
        const homeless = { kind, faults, reward, 'true picture': pictures.truth };
        for (const [what, value] of Object.entries(homeless)) {
          if (value !== undefined) lost.set(what, (lost.get(what) ?? 0) + 1);
        }
      },
      async end() {
        const lines = [...folders].map(
          ([folder, { seeds }]) => `[${JSON.stringify(folder)}, [${seeds.join(', ')}]]`,
        );
        await writeFile(join(root, SEEDS_FILE), `[\n${lines.join(',\n')}\n]\n`);
      },
      notes: () => [
        ...(converted > 0
          ? [
              `${converted} pictures were converted to JPEG at quality ${JPEG.quality}: the format has no others`,
            ]
          : []),
        ...[...lost].map(
          ([what, triplets]) =>
            `the ${what} of ${triplets} triplets is left out: the format has no place for it`,
        ),
      ],
    };
  });
}

function fingerprint({
  instruction,
  description,
}: {
  instruction: string;
  description?: string | undefined;
}): string {
  return createHash('sha256')
    .update(JSON.stringify([instruction, description]))
    .digest('base64');
}
