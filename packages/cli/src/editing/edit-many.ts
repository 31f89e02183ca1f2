import { join } from 'node:path';
import { isOfOne, judgeEdits } from './best-of.ts';
import { candidatesFolder } from './candidates-folder.ts';
import type { EditJob } from './edit-job.ts';
import { writtenBy, type EditOptions, type EditsReport } from './edit-report.ts';
import { openJobJournal, SET_ASIDE_FILE, type JobJournal, type SetAside } from './job-journal.ts';
import { candidatesOf, editsOf, makeAll, planJob, type MadeJob, type PlannedJob } from './make-edits.ts';
import type { CommandContext } from '../running/command-context.ts';

/**
 * Runs the jobs that are not done yet, and writes the results to a folder. Jobs that fail are quarantined, and set the exit code for
 * partial results.
 *
 * Throws 'interrupted' if it is stopped; finished results are kept.
 */
export async function editMany(
  jobs: readonly EditJob[],
  out: string,
  options: EditOptions,
  command: CommandContext,
): Promise<EditsReport> {
  const { EXIT_CODES } = await import('@rewardedit/core');
  const { make } = options;
  const journal = await openJobJournal(out);
  const setAside: SetAside[] = [];
  const made: MadeJob[] = [];
  let before = 0;
  try {
    const planned = await planAll(jobs, options, journal, setAside);
    before = jobs.length - planned.length - setAside.length;
    const judged = await judgeAll(planned, out, options, command);
    const each = make.making.bestOf === undefined ? editsOf(make.making) : 1;
    const total = jobs.length * each;
    const phase = { phase: make.making.bestOf === undefined ? 'Editing' : 'Keeping', unit: 'edits', total };
    await command.longWork({ ...phase, requests: ['pause'] }, async (hooks) => {
      const { emit, signal } = hooks;
      let done = total - planned.length * each;
      emit({ type: 'progress', done, before: done });
      for (const { id, reason } of setAside) emit({ type: 'quarantined', id, reason });
      try {
        await makeAll({
          ...{ ...make, planned, journal, folder: out, judged, emit, hooks, made, setAside },
          onEdit: () => emit({ type: 'progress', done: (done += 1) }),
          onJob: (number) =>
            emit({ type: 'progress', done: (done = total - (planned.length - number) * each) }),
        });
      } catch (error) {
        if (!signal.aborted) throw error;
        throw await interrupted(before + made.length, jobs.length, out, error);
      }
    });
  } finally {
    await journal.close(setAside);
  }
  command.log(`${made.length + before} of ${jobs.length} jobs are done; the results are in ${out}.`);
  if (setAside.length > 0) {
    process.exitCode = EXIT_CODES.partial;
    command.note(
      `${setAside.length} of ${jobs.length} jobs were quarantined; see ${join(out, SET_ASIDE_FILE)} for the reasons. Run the same command to try them again.`,
    );
  }
  const edits = made.map((job) => ({ id: job.id, pictures: writtenBy(job) }));
  return { out, jobs: jobs.length, before, edits, setAside };
}

/** Plans the jobs that are not done. Jobs with unreadable pictures are quarantined. */
async function planAll(
  jobs: readonly EditJob[],
  { make }: EditOptions,
  journal: JobJournal,
  setAside: SetAside[],
): Promise<PlannedJob[]> {
  const { RewardEditError } = await import('@rewardedit/core');
  const digest = await make.editing.digest();
  const planned: PlannedJob[] = [];
  for (const job of jobs) {
    try {
      const plan = await planJob(job, digest, make);
      if (!journal.isDone({ id: job.id, fingerprint: plan.fingerprint })) planned.push(plan);
    } catch (error) {
      if (!(error instanceof RewardEditError && isOfOne(error.code))) throw error;
      setAside.push({ id: job.id, reason: error.message });
    }
  }
  return planned;
}

/** Judges all candidates of all jobs; undefined without --best-of. */
async function judgeAll(
  planned: readonly PlannedJob[],
  out: string,
  { make: { editing, making }, judging }: EditOptions,
  command: CommandContext,
) {
  const { bestOf } = making;
  if (bestOf === undefined || planned.length === 0) return undefined;
  const edits = planned.flatMap((plan) => candidatesOf(plan, bestOf));
  return judgeEdits({ folder: candidatesFolder(out), editing, edits, judging, command });
}

async function interrupted(done: number, jobs: number, out: string, cause: unknown): Promise<Error> {
  const { RewardEditError } = await import('@rewardedit/core');
  return new RewardEditError('interrupted', `stopped after ${done} of ${jobs} jobs, whose results are kept`, {
    where: out,
    hint: 'run the same command again to resume',
    cause,
  });
}
