import { readFile } from 'node:fs/promises';
import { RewardEditError, type Triplet } from '@rewardedit/core';
import type { Dataset } from '@rewardedit/data';
import type { ComparedTriplet } from '../judges/judge.ts';

type Source = Pick<Dataset, 'folder' | 'metadata' | 'triplets' | 'resolve'>;

/** A triplet of one dataset without a counterpart in the other. */
export type Unpaired = { readonly id: string; readonly reason: string };

/** The triplets of a dataset whose instruction and original another dataset has under the same id, each with that dataset's edit. */
export type PairedDatasets = Source & {
  triplets(): AsyncGenerator<ComparedTriplet>;
  readonly count: number;
  readonly unpaired: readonly Unpaired[];
};

/**
 * Pairs the edits of two datasets, such as two runs of `eval`. Originals are the same if their paths or their bytes are equal.
 *
 * @param names the names of the two datasets in reasons.
 * @throws RewardEditError `bad-input` if no triplet of one has a counterpart in the other, or if both are the same dataset.
 */
export async function pairDatasets(
  dataset: Source,
  other: Source,
  [name, otherName]: readonly [string, string],
): Promise<PairedDatasets> {
  if (dataset.metadata === other.metadata) {
    throw new RewardEditError('bad-input', 'a dataset cannot be compared with itself', {
      where: other.metadata,
      hint: 'name another dataset, with other edits of the same originals',
    });
  }
  const counterparts = new Map<string, Pick<Triplet, 'instruction' | 'original' | 'edited'>>();
  for await (const { id, instruction, original, edited } of other.triplets())
    counterparts.set(id, { instruction, original, edited });

  const whyNot = async ({ id, instruction, original }: Triplet): Promise<string | undefined> => {
    const counterpart = counterparts.get(id);
    if (counterpart === undefined) return `only ${name} has it`;
    if (counterpart.instruction !== instruction) return 'the instructions differ';
    const same = await isSameFile(dataset.resolve(original), other.resolve(counterpart.original));
    return same ? undefined : 'the originals are different pictures';
  };
  const unpaired: Unpaired[] = [];
  const edits = new Map<string, string>();
  const ids = new Set<string>();
  for await (const triplet of dataset.triplets()) {
    const { id } = triplet;
    ids.add(id);
    const reason = await whyNot(triplet);
    if (reason === undefined) edits.set(id, other.resolve(counterparts.get(id)!.edited));
    else unpaired.push({ id, reason });
  }
  for (const id of counterparts.keys())
    if (!ids.has(id)) unpaired.push({ id, reason: `only ${otherName} has it` });
  if (edits.size === 0) {
    const [first] = unpaired;
    throw new RewardEditError(
      'bad-input',
      `no triplet of ${name} has a counterpart in ${otherName}${first === undefined ? '' : `: of ${first.id}, ${first.reason}`}`,
      { where: other.metadata, hint: 'a pair has the same id, instruction and original in both' },
    );
  }
  const otherFiles = new Set(edits.values());
  return {
    folder: dataset.folder,
    metadata: dataset.metadata,
    count: edits.size,
    unpaired,
    async *triplets() {
      for await (const triplet of dataset.triplets()) {
        const edit = edits.get(triplet.id);
        if (edit !== undefined) yield { ...triplet, other: edit };
      }
    },
    resolve: (fileName) => (otherFiles.has(fileName) ? fileName : dataset.resolve(fileName)),
  };
}

async function isSameFile(a: string, b: string): Promise<boolean> {
  if (a === b) return true;
  // An unreadable picture is reported when it is judged.
  const [first, second] = await Promise.all([a, b].map((path) => readFile(path).catch(() => undefined)));
  return first === undefined || second === undefined || first.equals(second);
}
