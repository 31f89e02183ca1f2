import { hash } from 'node:crypto';
import type { Dataset } from '@rewardedit/data';
import { z } from 'zod';
import type { ComparedTriplet } from '../judges/judge.ts';
import { readPictureFile, type ReadFile } from '../files/read-file.ts';

/**
 * What an answer is about: the first 32 hexadecimal digits of SHA-256 of the instruction in UTF-8 and of each picture's file, and the kind
 * of edit verbatim. An unreadable picture is absent.
 */
export const inputsSchema = z.object({
  instruction: z.string(),
  kind: z.string().exactOptional(),
  original: z.string().exactOptional(),
  edited: z.string().exactOptional(),
  /** Only if the judge looks at it. */
  truth: z.string().exactOptional(),
  /** The edit that it was compared with. */
  other: z.string().exactOptional(),
});

export type Inputs = z.infer<typeof inputsSchema>;

/**
 * Hashes what a judge is about to see of a triplet. Call it before the judge looks: if a file is replaced in between, the answer then
 * counts as one about the older file.
 *
 * Sizes and times of files are not trusted: `cp -p`, `rsync -t` and unpacking an archive give a new file an old time, and two uncompressed
 * pictures, or two drawn by one program, often have the same size.
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

/** Condenses inputs into 16 hexadecimal digits, to compare and keep them for many triplets. */
export function inputsKey({ instruction, kind, original, edited, truth, other }: Inputs): string {
  const about = [instruction, kind, original, edited, truth, ...(other === undefined ? [] : [other])];
  return digits(JSON.stringify(about)).slice(0, 16);
}

const DIGITS = 32;

function digits(data: string | Uint8Array): string {
  return hash('sha256', data, 'hex').slice(0, DIGITS);
}

/** Undefined for a file that cannot be read: whoever has to look at it reports why. */
async function hashFile(read: () => Promise<Buffer>): Promise<string | undefined> {
  try {
    return digits(await read());
  } catch {
    return undefined;
  }
}
