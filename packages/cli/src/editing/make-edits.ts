import { createHash } from 'node:crypto';
import { basename, relative } from 'node:path';
import type { Emit } from '@rewardedit/core';
import type { EditHooks, EditSettings } from '@rewardedit/diffusion';
import type { DrawOptions } from '../flags/draw-flags.ts';
import { bestOf, isOfOne, type CandidateEdit, type JudgedEdits } from './best-of.ts';
import { drawOf, withSuffix, type EditJob } from './edit-job.ts';
import { writeEdit } from './edit-output.ts';
import type { EditRecord } from './edit-record.ts';
import type { Editing } from './editing.ts';
import type { JobJournal, SetAside } from './job-journal.ts';
import { sweepPicture } from './sweep-picture.ts';
import { sweptEdits, type Sweep } from './sweep.ts';

/** What to make of each job; a single edit if nothing is set. */
export type Making = {
  /** Number of edits with consecutive seeds. */
  readonly variations?: number | undefined;
  /** Number of edits of which the best is kept. */
  readonly bestOf?: number | undefined;
  /** Options to sweep over, into one picture. */
  readonly sweeps: readonly Sweep[];
};

/** A job with resolved settings. */
export type PlannedJob = {
  readonly job: EditJob;
  readonly settings: EditSettings;
  /** SHA-256 of the picture's file. */
  readonly sha256: string;
  /** Hash of everything that the result depends on. */
  readonly fingerprint: string;
};

/** The result of a job. */
export type MadeJob = {
  readonly id: string;
  readonly instruction: string;
  readonly outs: readonly { readonly path: string; readonly width: number; readonly height: number }[];
  readonly record: EditRecord;
};

export type MakeOptions = {
  readonly editing: Editing;
  /** Name of the model in records. */
  readonly model: string;
  readonly draw: DrawOptions;
  readonly making: Making;
  /** Other fields of every record. */
  readonly about: Omit<EditRecord, 'instruction' | 'model' | 'settings' | 'source' | 'bestOf'>;
  /** Called after each edit. */
  readonly onEdit?: (() => void) | undefined;
};

/** Number of edits per job. */
export function editsOf({ variations, bestOf: best, sweeps }: Making): number {
  if (sweeps.length > 0) return sweeps.reduce((product, { values }) => product * values.length, 1);
  return variations ?? best ?? 1;
}

/** Resolves the settings of a job. Throws 'bad-input' if its picture cannot be read, 'usage' for invalid scores. */
export async function planJob(
  job: EditJob,
  modelDigest: string,
  { editing, draw, making, about }: MakeOptions,
): Promise<PlannedJob> {
  const { readPictureFile } = await import('@rewardedit/data');
  const settings = await editing.settings(drawOf(job, draw));
  const sha256 = createHash('sha256')
    .update(await readPictureFile(job.picture))
    .digest('hex');
  const depends = { sha256, instruction: job.instruction, settings, modelDigest, making, about };
  const fingerprint = createHash('sha256').update(JSON.stringify(depends)).digest('hex');
  return { job, settings, sha256, fingerprint };
}

/** The candidates of a job, of which the best is to be kept. */
export function candidatesOf(
  { job, settings, fingerprint }: PlannedJob,
  count: number,
): readonly CandidateEdit[] {
  return Array.from({ length: count }, (_, i) => {
    const seed = settings.seed + i;
    return {
      id: `${basename(job.picture)} ${seed} ${fingerprint.slice(0, 12)}`,
      ...{ picture: job.picture, instruction: job.instruction, settings: { ...settings, seed } },
    };
  });
}

/** Runs a job, and writes its results. Throws 'bad-input' or 'failed' if this job cannot be done. */
export async function makeJob(
  planned: PlannedJob,
  options: MakeOptions,
  hooks: EditHooks,
  judged?: JudgedEdits,
): Promise<MadeJob> {
  const { job, settings } = planned;
  const { editing, making, draw, onEdit } = options;
  const { id, picture, instruction } = job;
  const record = recordOf(planned, options);
  const write = async (path: string, edit: Parameters<typeof writeEdit>[1], about: EditRecord) => {
    await writeEdit(path, edit, about);
    return { path, width: edit.picture.width, height: edit.picture.height };
  };
  if (judged !== undefined) {
    const edits = candidatesOf(planned, making.bestOf!);
    const verdicts = edits.map(judged.verdict);
    const best = bestOf(verdicts);
    if (best === undefined || judged.judge === undefined) throw await unjudged(verdicts[0].missing);
    const kept = {
      ...record,
      settings: edits[best].settings,
      bestOf: { judge: judged.judge, edits: verdicts },
    };
    return {
      id,
      instruction,
      outs: [await write(job.out, await judged.read(edits[best]), kept)],
      record: kept,
    };
  }
  if (making.sweeps.length > 0) {
    const rows = [];
    for (const row of sweptEdits(making.sweeps, drawOf(job, draw))) {
      const cells = [];
      for (const { label, draw: asked } of row) {
        const task = { picture, instruction, settings: await editing.settings(asked) };
        const edited = await editing.edit(task, hooks);
        cells.push({ label, picture: edited.picture });
        onEdit?.();
      }
      rows.push(cells);
    }
    const grid = await sweepPicture(instruction, await editing.original(picture), rows);
    return { id, instruction, outs: [await write(job.out, { picture: grid }, record)], record };
  }
  const outs = [];
  for (let i = 0; i < (making.variations ?? 1); i++) {
    const own = { ...record, settings: { ...settings, seed: settings.seed + i } };
    const path = making.variations === undefined ? job.out : withSuffix(job.out, `-${i + 1}`);
    const edited = await editing.edit({ picture, instruction, settings: own.settings }, hooks);
    outs.push(await write(path, edited, own));
    onEdit?.();
  }
  return { id, instruction, outs, record };
}

export type MakeAllOptions = MakeOptions & {
  readonly planned: readonly PlannedJob[];
  readonly journal: JobJournal;
  /** The output folder, which paths in events are relative to. */
  readonly folder: string;
  readonly judged?: JudgedEdits | undefined;
  readonly emit: Emit;
  readonly hooks: EditHooks;
  /** Receives the finished jobs. */
  readonly made: MadeJob[];
  /** Receives the failed jobs. */
  readonly setAside: SetAside[];
  /** Called after each job with the number of jobs so far. */
  readonly onJob: (number: number) => void;
};

/**
 * Runs jobs one after another, and records each result in the journal. A failed job is quarantined, and the others continue. Throws the
 * signal's reason if it is aborted.
 */
export async function makeAll({
  planned,
  journal,
  folder,
  judged,
  emit,
  hooks,
  made,
  setAside,
  onJob,
  ...options
}: MakeAllOptions): Promise<void> {
  const { RewardEditError } = await import('@rewardedit/core');
  for (const [i, each] of planned.entries()) {
    hooks.signal?.throwIfAborted();
    const { job, fingerprint } = each;
    const { id, picture, instruction } = job;
    try {
      const result = await makeJob(each, options, hooks, judged);
      const outs = result.outs.map(({ path }) => path);
      await journal.append({ id, picture, instruction, fingerprint, outs, record: result.record });
      made.push(result);
      const asked = result.record.settings.reward;
      emit({ type: 'edited', id, path: relative(folder, outs[0]), instruction, asked });
    } catch (error) {
      const isOwn = error instanceof RewardEditError && isOfOne(error.code) && hooks.signal?.aborted !== true;
      if (!isOwn) throw error;
      setAside.push({ id, reason: error.message });
      emit({ type: 'quarantined', id, reason: error.message });
    }
    onJob(i + 1);
  }
}

function recordOf({ job, settings, sha256 }: PlannedJob, { model, about }: MakeOptions): EditRecord {
  return {
    instruction: job.instruction,
    model,
    settings,
    ...about,
    source: { name: basename(job.picture), sha256 },
  };
}

async function unjudged(reason: string | undefined): Promise<Error> {
  const { RewardEditError } = await import('@rewardedit/core');
  return new RewardEditError(
    'bad-input',
    `the judge scored none of the edits completely: ${reason ?? 'some scores are missing'}`,
  );
}
