import { EDIT_KINDS, type Triplet } from '@rewardedit/core';
import { conditionFolder } from './measure-condition.ts';

/** The columns after the original and the true edit. */
const SHOWN = [
  { name: 'control', caption: 'without rewards' },
  { name: 'rewards-5-5-5', caption: 'asked 5,5,5' },
  { name: 'rewards-1-1-1', caption: 'asked 1,1,1' },
];
const ENLARGE = 4;

/** Writes a picture with a row per kind of edit, alternating scenes and photos: original, true edit, and the models' edits. */
export async function writeComparison(path: string, folder: string): Promise<void> {
  const { contactSheet, openDataset, readPicture, writePng } = await import('@rewardedit/data');
  const runs = await Promise.all(SHOWN.map(({ name }) => openDataset(conditionFolder(folder, { name }))));
  const triplets: Triplet[] = [];
  for await (const triplet of runs[0].triplets()) triplets.push(triplet);
  const picks = EDIT_KINDS.flatMap((kind, i) => {
    const prefix = i % 2 === 0 ? 'scene-' : 'photo-';
    const ofKind = triplets.filter((triplet) => triplet.kind === kind);
    return ofKind.find(({ id }) => id.startsWith(prefix)) ?? ofKind[0] ?? [];
  });
  const edits = await Promise.all(
    runs.map(async (run) => {
      const found = new Map<string, string>();
      for await (const { id, edited } of run.triplets()) found.set(id, run.resolve(edited));
      return found;
    }),
  );
  const rows = picks.map(async ({ id, instruction, original, truth }) => ({
    title: instruction,
    cells: [
      { picture: await readPicture(runs[0].resolve(original)), caption: 'original' },
      { picture: await readPicture(runs[0].resolve(truth ?? original)), caption: 'true edit' },
      ...(await Promise.all(
        SHOWN.map(async ({ caption }, i) => ({ picture: await readPicture(edits[i].get(id)!), caption })),
      )),
    ],
  }));
  await writePng(path, contactSheet(await Promise.all(rows), { enlarge: ENLARGE }));
}
