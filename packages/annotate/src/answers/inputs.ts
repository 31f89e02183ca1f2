import { hash } from 'node:crypto';
import type { Dataset } from '@rewardedit/data';
import { z } from 'zod';
import type { ComparedTriplet } from '../judges/judge.ts';
import { readPictureFile, type ReadFile } from '../files/read-file.ts';

/**
 * What an answer is about: the first 32 hexadecimal digits of SHA-256 of the instruction in UTF-8 and of the pictures' files, and
 * the kind of edit as it is. A picture that could not be read is absent.
 */
export const inputsSchema = z.object({
  instruction: z.string(),
  kind: z.string().exactOptional(),
  original: z.string().exactOptional(),
  edited: z.string().exactOptional(),
  /** Where the judge looks at it. */
  truth: z.string().exactOptional(),
  /** The edit that it was compared with. */
  other: z.string().exactOptional(),
});

export type Inputs = z.infer<typeof inputsSchema>;

/**
 * Hashes what a judge is to see of a triplet. To be called before the judge looks: where a file is replaced in between, the answer
 * then counts as one about the older file.
 *
 * Nothing is remembered by size and time of a file: `cp -p`, `rsync -t` and unpacking an archive give a new file an old time, and
 * two pictures without compression, or drawn by one program, often have one size.
 */
export async function hashInputs(
  dataset: Pick<Dataset, 'resolve'>,
  { instruction, kind, original, edited, truth, other }: ComparedTriplet,
  { needsTruth = false }: { readonly needsTruth?: boolean | undefined },
  readFile: ReadFile = readPictureFile,
): Promise<Inputs> {
  const names = {
    original,
    edited,
    ...(needsTruth && truth !== undefined && { truth }),
    ...(other !== undefined && { other }),
  };
  const pictures = await Promise.all(
    Object.entries(names).map(
      async ([role, name]) => [role, await hashFile(() => readFile(dataset.resolve(name)))] as const,
    ),
  );
  return {
    instruction: digits(instruction),
    ...(kind !== undefined && { kind }),
    ...Object.fromEntries(pictures.filter(([, found]) => found !== undefined)),
  };
}

/** Inputs as one text, to be compared and kept for many triplets: 16 hexadecimal digits. */
export function inputsKey({ instruction, kind, original, edited, truth, other }: Inputs): string {
  const about = [instruction, kind, original, edited, truth, ...(other === undefined ? [] : [other])];
  return digits(JSON.stringify(about)).slice(0, 16);
}

const DIGITS = 32;

function digits(data: string | Uint8Array): string {
  return hash('sha256', data, 'hex').slice(0, DIGITS);
}

/** Of a file that cannot be read undefined: why is found out, and said, by whoever has to look at it. */
async function hashFile(read: () => Promise<Buffer>): Promise<string | undefined> {
  try {
    return digits(await read());
  } catch {
    return undefined;
  }
}
