import { join } from 'node:path';
import type { Reward } from '@rewardedit/core';
import type { Alpha, Picture } from '@rewardedit/data';
import type { EditHooks } from '@rewardedit/diffusion';
import type { BenchmarkItem, Candidate, EditOfItem } from '@rewardedit/eval';
import { judgeDataset, type JudgeDatasetOptions } from '../judging/judge-dataset.ts';
import type { CommandContext } from '../running/command-context.ts';
import type { JudgedEdit } from './edit-record.ts';
import type { EditTask, Editing } from './editing.ts';

/** One of several edits of a job, of which the best is kept. */
export type CandidateEdit = EditTask & {
  /** Identifies the edit: equal for equal edits only. */
  readonly id: string;
};

export type BestOfOptions = {
  /** Folder of the candidates: a dataset with the judge's answers. */
  readonly folder: string;
  readonly editing: Editing;
  readonly edits: readonly CandidateEdit[];
  readonly judging: JudgeDatasetOptions;
  readonly command: CommandContext;
};

/** The judged edits of a run. */
export type JudgedEdits = {
  /** The judge; undefined if there was no edit to judge. */
  readonly judge: { readonly name: string; readonly version: string } | undefined;
  /** The scores of an edit. */
  verdict(edit: CandidateEdit): JudgedEdit;
  /** Reads an edit from disk. */
  read(edit: CandidateEdit): Promise<{ readonly picture: Picture; readonly alpha?: Alpha | undefined }>;
};

/**
 * Makes edits as a dataset, as `eval` does, and scores them, as `annotate` does. Existing edits and answers are reused, and all are kept
 * for `review`.
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
    (hooks) =>
      collectEdits({
        ...{ benchmark, candidate, folder, ...hooks },
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
    // Every command tries edits without an answer again, as it does with quarantined jobs.
    judge = await judgeDataset(dataset, rewards, { ...judging, retryQuarantined: true }, command);
    for await (const answer of readAnswers(rewards)) answers.set(answer.id, answer);
  }
  command.note(`All candidates and their scores are in ${folder}.`);
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

/** Index of the edit with the highest mean score, the first among equals; undefined if none has all scores. */
export function bestOf(edits: readonly JudgedEdit[]): number | undefined {
  const scored = edits.flatMap(({ overall }, i) => (overall === undefined ? [] : [{ i, overall }]));
  if (scored.length === 0) return undefined;
  return scored.reduce((best, each) => (each.overall > best.overall ? each : best)).i;
}

function verdictOf(
  answer: { readonly reward?: Reward; readonly missing?: string } | undefined,
): Omit<JudgedEdit, 'seed'> {
  const { reward, missing = 'the judge gave no answer' } = answer ?? {};
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

/** The editor as a candidate for `collectEdits`. */
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

/** Whether an error with this code concerns one picture, so that the others can still be edited. */
export function isOfOne(code: string): boolean {
  return code === 'bad-input' || code === 'failed';
}
