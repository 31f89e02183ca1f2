import { join } from 'node:path';
import type { Reward } from '@rewardedit/core';
import type { Alpha, Picture } from '@rewardedit/data';
import type { EditHooks } from '@rewardedit/diffusion';
import type { BenchmarkItem, Candidate, EditOfItem } from '@rewardedit/eval';
import { judgeDataset, type JudgeDatasetOptions, type JudgingCommand } from '../judging/judge-dataset.ts';
import type { JudgedEdit } from './edit-record.ts';
import type { EditTask, Editing } from './editing.ts';

/** One of several edits of a job, of which the best is kept. */
export type CandidateEdit = EditTask & {
  /** The same for the same edit, and for no other. */
  readonly id: string;
};

export type BestOfOptions = {
  /** Folder of the edits that are chosen among: a dataset with the judge's answers beside it. */
  readonly folder: string;
  readonly editing: Editing;
  readonly edits: readonly CandidateEdit[];
  readonly judging: JudgeDatasetOptions;
  readonly command: JudgingCommand;
};

/** The edits of a run that have been judged. */
export type JudgedEdits = {
  /** Who judged; undefined where there was no edit to judge. */
  readonly judge: { readonly name: string; readonly version: string } | undefined;
  /** What was said of an edit. */
  verdict(edit: CandidateEdit): JudgedEdit;
  /** Reads an edit back. Throws 'bad-input' where it could not be made. */
  read(edit: CandidateEdit): Promise<{ readonly picture: Picture; readonly alpha?: Alpha | undefined }>;
};

/**
 * Makes edits into a dataset, as `eval` does, and lets a judge score them, as `annotate` does. What is there already is neither made nor
 * asked for again, and all of it is kept: `review` shows it.
 */
export async function judgeEdits(options: BestOfOptions): Promise<JudgedEdits> {
  const { folder, editing, edits, judging, command } = options;
  const { readAnswers } = await import('@rewardedit/annotate');
  const { openDataset, readAlpha, readPicture } = await import('@rewardedit/data');
  const { collectEdits } = await import('@rewardedit/eval');
  const benchmark = { layout: 'edits', items: edits.map((edit) => itemOf(edit, editing)), unusable: [] };
  const candidate = candidateOf(editing, edits);
  const { missing } = await command.longWork(
    { phase: 'Editing', unit: 'edits', total: edits.length, requests: ['pause'] },
    (emit, signal, { whilePaused }, savePreview) =>
      collectEdits({
        ...{ benchmark, candidate, folder, signal, emit, savePreview, whilePaused },
        nameOf: ({ id }) => id.replaceAll(/[^\w.-]+/g, '_'),
      }),
  );
  const reasons = new Map(missing.map(({ id, reason }) => [id, reason]));
  const answers = new Map<string, { readonly reward?: Reward; readonly missing?: string }>();
  const files = new Map<string, string>();
  let judge: JudgedEdits['judge'] | undefined;
  if (edits.some(({ id }) => !reasons.has(id))) {
    const dataset = await openDataset(folder);
    for await (const { id, edited } of dataset.triplets()) files.set(id, edited);
    const rewards = join(folder, 'rewards.jsonl');
    // What the judge had no answer for is asked about by each call, as jobs that were set aside are tried again.
    judge = await judgeDataset(dataset, rewards, { ...judging, retryQuarantined: true }, command);
    for await (const answer of readAnswers(rewards)) answers.set(answer.id, answer);
  }
  command.note(`All edits and what the judge said of them are in ${folder}.`);
  return {
    judge,
    verdict: ({ id, settings: { seed } }) => {
      const reason = reasons.get(id);
      return { seed, ...(reason === undefined ? verdictOf(answers.get(id)) : { missing: reason }) };
    },
    async read({ id }) {
      const path = join(folder, files.get(id)!);
      return { picture: await readPicture(path), alpha: await readAlpha(path) };
    },
  };
}

/** The best of some judged edits, the first among equals; undefined where none has all scores. */
export function bestOf(edits: readonly JudgedEdit[]): number | undefined {
  const scored = edits.flatMap(({ overall }, i) => (overall === undefined ? [] : [{ i, overall }]));
  if (scored.length === 0) return undefined;
  return scored.reduce((best, each) => (each.overall > best.overall ? each : best)).i;
}

function verdictOf(
  answer: { readonly reward?: Reward; readonly missing?: string } | undefined,
): Omit<JudgedEdit, 'seed'> {
  const { reward, missing = 'there is no answer' } = answer ?? {};
  if (reward === undefined) return { missing };
  const { scores } = reward;
  const values = [scores.following, scores.preserving, scores.quality].filter((each) => each !== undefined);
  if (values.length < 3) return { scores, missing };
  return { scores, overall: values.reduce((sum, value) => sum + value, 0) / values.length };
}

function itemOf({ id, picture, instruction }: CandidateEdit, editing: Editing): BenchmarkItem {
  const original = async () => {
    const { encodePicture, readPicture, readPictureFile } = await import('@rewardedit/data');
    const crop = await editing.part(picture);
    if (crop === undefined) return readPictureFile(picture);
    return encodePicture(await readPicture(picture, { crop }), { format: 'png' });
  };
  return { id, instruction, original, fileNames: [], where: picture };
}

/** The editor as `collectEdits` takes it. */
function candidateOf(editing: Editing, edits: readonly CandidateEdit[]): Candidate {
  const byId = new Map(edits.map((edit) => [edit.id, edit]));
  return {
    config: {},
    mayChange: false,
    batchSize: 1,
    extra: [],
    edit: (tasks, hooks) =>
      Promise.all(tasks.map(async ({ item }) => editOf(editing, byId.get(item.id)!, hooks))),
  };
}

async function editOf(editing: Editing, task: EditTask, hooks: EditHooks | undefined): Promise<EditOfItem> {
  const { RewardEditError } = await import('@rewardedit/core');
  const { encodePicture } = await import('@rewardedit/data');
  try {
    const { picture, alpha } = await editing.edit(task, hooks);
    return { bytes: await encodePicture(picture, { format: 'png', alpha }) };
  } catch (error) {
    if (error instanceof RewardEditError && isOfOne(error.code)) return { missing: error.message };
    throw error;
  }
}

/** Whether a failure is one picture's, so that the others may be edited all the same. */
export function isOfOne(code: string): boolean {
  return code === 'bad-input' || code === 'failed';
}
