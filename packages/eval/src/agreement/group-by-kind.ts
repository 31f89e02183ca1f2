import { openDataset } from '@rewardedit/data';
import { createLabels, type Labels } from './labels.ts';
import type { Items } from './ratings.ts';

/** Groups triplets by their kinds of edits in a dataset. */
export async function groupByKind(triplets: Labels, path: string): Promise<Pick<Items, 'groups' | 'group'>> {
  const kinds = createLabels();
  const group = new Int32Array(triplets.names.length).fill(-1);
  const dataset = await openDataset(path);
  for await (const { id, kind = 'without a kind' } of dataset.triplets()) {
    const row = triplets.find(id);
    if (row !== undefined) group[row] = kinds.codeOf(kind);
  }
  if (group.includes(-1)) {
    const elsewhere = kinds.codeOf('not in the dataset');
    for (let row = 0; row < group.length; row++) if (group[row] === -1) group[row] = elsewhere;
  }
  return { groups: kinds.names, group };
}
