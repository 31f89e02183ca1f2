import type { EditKind, Emit, Reward, RunRequests, SavePreview } from '@rewardedit/core';
import type { Picture } from '@rewardedit/data';
import type { EditSettings, Precision } from '@rewardedit/diffusion';
import type { Backend } from '@rewardedit/graph';
import { editOutcome } from '@rewardedit/metrics';

/** A held-out scene: what it was, what it should become, and what the model made of it. */
export interface HeldOutEdit {
  readonly instruction: string;
  readonly kind: EditKind | undefined;
  readonly original: Picture;
  readonly truth: Picture;
  readonly best: Picture;
  readonly worst: Picture;
}

/** Pictures that are edited together. */
const BATCH = 35;
/** The scores that show what the model has learned of bad edits. */
const WORST: Reward = { scores: { following: 1, preserving: 1, quality: 1 }, feedback: {} };

/** Edits every triplet of a dataset twice: asked for scores of 5, and asked for scores of 1, from the same noise. */
export async function editHeldOut(options: {
  dataset: string;
  model: string;
  backend: Backend;
  seed: number;
  precision: Precision;
  signal: AbortSignal;
  emit: Emit;
  requests: RunRequests;
  savePreview: SavePreview;
}): Promise<HeldOutEdit[]> {
  const { openDataset, readPicture } = await import('@rewardedit/data');
  const { createEditor, defaultEditSettings, loadEditModel } = await import('@rewardedit/diffusion');
  const dataset = await openDataset(options.dataset);
  const parts = await loadEditModel(options.model, options.backend, options.precision);
  const edits: HeldOutEdit[] = [];
  const index = await dataset.index();
  const triplets = await Promise.all(Array.from({ length: index.count }, (_, i) => index.triplet(i)));
  await index.close();
  const pictures = await Promise.all(
    triplets.map(async ({ original, truth }) => ({
      original: await readPicture(dataset.resolve(original)),
      truth: await readPicture(dataset.resolve(truth ?? original)),
    })),
  );
  const editor = createEditor(parts);
  for (let start = 0; start < triplets.length; start += BATCH) {
    const part = triplets.slice(start, start + BATCH);
    const requests = part.map(({ id, instruction }, i) => ({
      key: id,
      instruction,
      picture: pictures[start + i].original,
    }));
    const draw = (settings: Partial<EditSettings>) =>
      editor.edit(
        requests,
        { ...defaultEditSettings(parts.model), seed: options.seed, ...settings },
        {
          ...{ emit: options.emit, savePreview: options.savePreview, signal: options.signal },
          whilePaused: options.requests.whilePaused,
        },
      );
    const best = await draw({});
    const worst = await draw({ reward: WORST, rewardScale: 0 });
    part.forEach(({ instruction, kind }, i) => {
      edits.push({ instruction, kind, ...pictures[start + i], best: best[i], worst: worst[i] });
    });
    options.emit({ type: 'progress', done: edits.length });
  }
  await editor.dispose();
  await parts.state.dispose();
  return edits;
}

/** Share of edits that came nearer to the true edit than to the original, and the mean decibels. */
export function summarizeEdits(edits: readonly HeldOutEdit[], which: 'best' | 'worst') {
  const outcomes = edits.map((edit) => editOutcome({ ...edit, edited: edit[which] }));
  return {
    right: outcomes.filter(({ success }) => success).length,
    of: outcomes.length,
    decibels: outcomes.reduce((total, { decibels }) => total + decibels, 0) / outcomes.length,
  };
}
