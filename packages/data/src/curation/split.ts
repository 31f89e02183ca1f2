import { hash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { RewardEditError, mapAhead, type Emit } from '@rewardedit/core';
import type { Dataset } from '../dataset/open-dataset.ts';
import { contentKey } from '../hashes/content-key.ts';
import { createGrowingIntegers, createKeyNumbers, textKey } from '../hashes/index.ts';
import { ROWS_AHEAD, datasetRows, orReason, pictureBytes } from './dataset-rows.ts';
import { differenceHash, type DifferenceHash } from './difference-hash.ts';
import { createPictureGroups } from './picture-groups.ts';
import { viewPath, writeView } from './write-view.ts';

export const SPLIT_PARTS = ['train', 'validation', 'test'] as const;

export type SplitPart = (typeof SPLIT_PARTS)[number];

export type SplitOptions = {
  readonly dataset: Dataset;
  /** Share of the source pictures in each part, 0 to 1; the rest is the training part. */
  readonly test: number;
  readonly validation: number;
  readonly seed: number;
  /** Limit on the differing bits, of 64, of difference hashes of source pictures that count as the same; by default only equal bytes do. */
  readonly near?: number | undefined;
  /** Receives the progress and the rows that are set aside. */
  readonly emit?: Emit;
  readonly signal?: AbortSignal;
};

export type PartSummary = { readonly file: string; readonly triplets: number; readonly pictures: number };

export type SplitSummary = {
  readonly parts: Readonly<Partial<Record<SplitPart, PartSummary>>>;
  /** Groups of source pictures that belong together. */
  readonly groups: number;
  /** Source pictures in the largest group. */
  readonly largestGroup: number;
  /** Triplets in no part because a picture cannot be read. */
  readonly unreadable: number;
  /** Source pictures found in more than one part when the views were read back. If not 0, the split has failed. */
  readonly leaked: number;
};

/**
 * Splits a dataset into views `train.jsonl`, `validation.jsonl` and `test.jsonl`, so that no source picture is in two of them. Triplets stay
 * together whose originals have the same bytes, where the edit of one is the original of the next, and with `near` whose originals look alike.
 * The part depends on a hash of the group's first source picture and the seed, so it does not change when the dataset grows (unless new
 * triplets join two groups).
 *
 * Throws 'bad-input' if the metadata is damaged, or an earlier split left a part that this one does not have; 'interrupted' once `signal` is
 * aborted.
 */
export async function splitDataset(options: SplitOptions): Promise<SplitSummary> {
  const { dataset, near, emit, signal } = options;
  assertNoOtherParts(options);
  const groups = createPictureGroups(near);
  const ids = createKeyNumbers();
  /** The source picture of each id; NONE if a picture cannot be read. */
  const originals = createGrowingIntegers();
  let [done, unreadable] = [0, 0];
  const described = mapAhead(
    datasetRows(dataset),
    async (row) => ({ row, traits: await orReason(row, () => traitsOf(options, row.triplet)) }),
    ROWS_AHEAD,
  );
  for await (const { row, traits } of described) {
    if (signal?.aborted === true) {
      throw new RewardEditError('interrupted', `stopped after ${done} triplets`, {
        where: dataset.metadata,
        hint: 'the same command starts over',
      });
    }
    ids.add(textKey(row.triplet.id));
    if ('reason' in traits) {
      unreadable += 1;
      emit?.({ type: 'quarantined', ...traits });
      originals.push(NONE);
    } else originals.push(groups.add(traits));
    done += 1;
    emit?.({ type: 'progress', done });
  }
  if (ids.size() < done) {
    throw new RewardEditError('bad-input', 'two triplets have the same id', {
      where: dataset.metadata,
      hint: '`rewardedit data inspect` names them',
    });
  }
  const originalOf = (id: string) => originals.get(ids.find(textKey(id))!);
  const nameOf = groups.close();
  const partOf = (picture: number) => choosePart(nameOf(picture), options);
  const parts: Partial<Record<SplitPart, PartSummary>> = {};
  const foundIn = createFoundPictures();
  let leaked = 0;
  for (const part of partNames(options)) {
    const file = viewPath(dataset, `${part}.jsonl`);
    await writeView(
      file,
      linesOf(options, (id) => originalOf(id) !== NONE && partOf(originalOf(id)) === part),
    );
    // The view is read back, so that leaks are measured on the files themselves.
    let [triplets, pictures] = [0, 0];
    for await (const { triplet } of datasetRows({ metadata: file })) {
      const { isNew, isElsewhere } = foundIn(originalOf(triplet.id), part);
      if (isElsewhere) leaked += 1;
      if (isNew) pictures += 1;
      triplets += 1;
    }
    parts[part] = { file, triplets, pictures };
  }
  return { parts, ...groups.sizes(), unreadable, leaked };
}

async function traitsOf(
  { dataset, near }: SplitOptions,
  { original, edited }: { original: string; edited: string },
) {
  const [before, after] = await Promise.all([pictureBytes(dataset, original), pictureBytes(dataset, edited)]);
  const looks: DifferenceHash | undefined = near === undefined ? undefined : await differenceHash(before);
  return { original: contentKey(before), edited: contentKey(after), ...(looks !== undefined && { looks }) };
}

function partNames(options: SplitOptions): SplitPart[] {
  return SPLIT_PARTS.filter((part) => part === 'train' || options[part] > 0);
}

/** A part that an earlier split left would share pictures with the parts of this one. */
function assertNoOtherParts(options: SplitOptions): void {
  const names = partNames(options);
  for (const part of SPLIT_PARTS) {
    const file = viewPath(options.dataset, `${part}.jsonl`);
    if (names.includes(part) || !existsSync(file)) continue;
    throw new RewardEditError(
      'bad-input',
      `there is a ${part}.jsonl from another split, but this split has no such part`,
      {
        where: file,
        hint: `remove it, or give --${part} a share`,
      },
    );
  }
}

/** Records the parts in which each picture was found, one byte per picture. */
function createFoundPictures() {
  let found = new Uint8Array(1024);
  return (picture: number, part: SplitPart) => {
    if (picture >= found.length) {
      const longer = new Uint8Array(picture * 2);
      longer.set(found);
      found = longer;
    }
    const bit = 1 << SPLIT_PARTS.indexOf(part);
    const before = found[picture];
    found[picture] |= bit;
    return { isNew: (before & bit) === 0, isElsewhere: (before & ~bit) !== 0 };
  };
}

async function* linesOf(
  { dataset, signal }: SplitOptions,
  includes: (id: string) => boolean,
): AsyncGenerator {
  for await (const { line, triplet } of datasetRows(dataset)) {
    if (signal?.aborted === true)
      throw new RewardEditError('interrupted', 'stopped while the parts were written', {
        where: dataset.metadata,
        hint: 'the same command starts over',
      });
    if (includes(triplet.id)) yield line;
  }
}

const RANGE = 2 ** 32;

/** Stands for no source picture. */
const NONE = -1;

/** Maps the picture and the seed to a number from 0 to 1, whose intervals are the parts. */
function choosePart(picture: Uint8Array, { seed, test, validation }: SplitOptions): SplitPart {
  const key = Buffer.from(picture).toString('base64');
  const place = hash('sha256', `${seed}:${key}`, 'buffer').readUInt32BE() / RANGE;
  if (place < test) return 'test';
  return place < test + validation ? 'validation' : 'train';
}
