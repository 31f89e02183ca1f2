import type { Emit } from '@rewardedit/core';
import { formatTable } from '../output/table.ts';
import type { CommandContext } from '../running/command-context.ts';
import { judgeEdits } from './best-of.ts';
import { candidatesFolder } from './candidates-folder.ts';
import type { EditJob } from './edit-job.ts';
import type { EditRecord } from './edit-record.ts';
import { writtenBy, type EditOptions, type EditReport } from './edit-report.ts';
import { candidatesOf, editsOf, makeJob, planJob, type MadeJob, type PlannedJob } from './make-edits.ts';

/** Edits one picture: once, in variations, over a sweep, or the best of several. */
export async function editOne(
  job: EditJob,
  options: EditOptions,
  command: CommandContext,
): Promise<EditReport> {
  const { editing, making } = options.make;
  const isBest = making.bestOf !== undefined;
  // Only kept candidates have to be distinguished from those of other weights at the same path.
  const planned = await planJob(job, isBest ? await editing.digest() : '', options.make);
  await editing.checkRoom({ ...job, settings: planned.settings });
  const made = await (isBest ? bestOfSeveral : editsOfOne)(planned, options, command);
  const [first, ...variations] = writtenBy(made);
  for (const { picture, width, height } of [first, ...variations])
    command.log(`The edited picture is ${picture} (${width} x ${height} pixels).`);
  const { record } = made;
  if (record.bestOf !== undefined) command.log(verdictTable(record.bestOf.edits, record.settings.seed));
  return { ...first, ...record, ...(variations.length > 0 && { variations }) };
}

async function bestOfSeveral(
  planned: PlannedJob,
  { make, judging }: EditOptions,
  command: CommandContext,
): Promise<MadeJob> {
  const { editing, making } = make;
  const edits = candidatesOf(planned, making.bestOf!);
  const folder = candidatesFolder(planned.job.out);
  return makeJob(planned, make, {}, await judgeEdits({ folder, editing, edits, judging, command }));
}

/** Shows progress in steps for a single edit, and in edits for several. */
async function editsOfOne(
  planned: PlannedJob,
  { make }: EditOptions,
  command: CommandContext,
): Promise<MadeJob> {
  const edits = editsOf(make.making);
  const isOne = edits === 1;
  const phase = isOne
    ? ({ phase: 'Editing', unit: 'steps', total: planned.settings.steps } as const)
    : ({ phase: 'Editing', unit: 'edits', total: edits } as const);
  return command.longWork({ ...phase, requests: ['pause'] }, async (hooks) => {
    const { emit } = hooks;
    let done = 0;
    emit({ type: 'progress', done });
    const report: Emit = (event) =>
      emit(isOne && event.type === 'denoised' ? { ...event, done: event.step } : event);
    const onEdit = () => {
      if (!isOne) emit({ type: 'progress', done: (done += 1) });
    };
    return makeJob(planned, { ...make, onEdit }, { ...hooks, emit: report });
  });
}

function verdictTable(edits: NonNullable<EditRecord['bestOf']>['edits'], kept: number): string {
  const rows = edits.map(({ seed, scores, overall, missing }) => [
    seed === kept ? `${seed} (kept)` : seed,
    ...[scores?.following, scores?.preserving, scores?.quality].map((score) => score ?? '-'),
    overall?.toFixed(2) ?? missing ?? '-',
  ]);
  return formatTable(['seed', 'following', 'preserving', 'quality', 'overall'], rows);
}
