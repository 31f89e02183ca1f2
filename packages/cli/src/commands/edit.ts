import { extname, join } from 'node:path';
import { Args, Flags } from '@oclif/core';
import type { Emit, RunRequests, SavePreview } from '@rewardedit/core';
import type { EditHooks, EditModelConfig } from '@rewardedit/diffusion';
import type { Tokenizer } from '@rewardedit/models';
import { backendFlags, openBackend } from '../flags/backend-flag.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../running/base-command.ts';
import { drawFlags, drawSettings } from '../flags/draw-flags.ts';
import { editFlags } from '../editing/edit-flags.ts';
import { weightsOf, type EditRecord } from '../editing/edit-record.ts';
import type { CandidateEdit, JudgedEdits } from '../editing/best-of.ts';
import type { SetAside } from '../editing/job-journal.ts';
import type { MadeJob, MakeOptions, PlannedJob } from '../editing/make-edits.ts';
import type { Jobs } from '../editing/read-jobs.ts';
import { isReward } from '../editing/sweep.ts';
import { stateFlags } from '../flags/state-flags.ts';
import { withVariables } from '../flags/flags.ts';
import { STARTER_NAME, starterModel } from '../models/starter-model.ts';
import { formatTable } from '../output/table.ts';
import { viewFlags } from '../flags/view-flags.ts';
import { weightsFlags } from '../flags/weights-flags.ts';

/** A picture that was written. */
type Written = { readonly picture: string; readonly width: number; readonly height: number };

/** Of one picture; with --variations, those after the first stand in `variations`. */
export type EditReport = Written & EditRecord & { readonly variations?: readonly Written[] };

/** Of many. */
export type EditsReport = {
  readonly out: string;
  readonly jobs: number;
  /** How many of them were done by an earlier call. */
  readonly before: number;
  readonly edits: readonly { readonly id: string; readonly pictures: readonly Written[] }[];
  readonly setAside: readonly SetAside[];
};

export default class Edit extends BaseCommand<typeof Edit> {
  static override summary = 'Edit pictures as instructions say, aiming at the highest scores.';

  static override description = `The result has the size of the picture, and its transparency. A model that works on pixels edits at the size that it was
trained on; what that does to colours is then carried over to the full picture, so that it stays sharp. What an InstructPix2Pix model
makes, at the size that its own resize rule gives, is resized. With --size, the result is the model's own picture.

PICTURE may be a folder: all pictures in it and below it are edited. Or a .jsonl file with a job a line: {"picture": "a.jpg",
"instruction": "make it snowy", "seed": 1, "scores": "5,5,5", "out": "snowy.png"}, of which only the picture is needed where INSTRUCTION
is given. --out is then a folder; the same command goes on where it was stopped, each job has a seed of its own, and what cannot be
edited is set aside by name in quarantine.jsonl, with exit code 68.

Without --model, it is the small starter model that comes with the program. It knows edits of light, tone and colour best; its
card in the package (models/starter/README.md) says what it has learned.

The same picture, instruction, model and options give the same result. The file is a PNG, JPEG or WebP by its ending, and carries the
settings that made it; \`rewardedit settings\` shows them.`;

  static override examples = [
    {
      description: 'With the starter model',
      command: '<%= config.bin %> <%= command.id %> photo.jpg "make it warmer" --out warm.png',
    },
    {
      description: 'With the best scores',
      command:
        '<%= config.bin %> <%= command.id %> photo.jpg "make it snowy" --model runs/photos/model --out snowy.png',
    },
    {
      description: 'A folder of pictures, as JPEGs',
      command: '<%= config.bin %> <%= command.id %> photos "make it warmer" --out warm --format jpg',
    },
    {
      description: 'The best of eight, as a language model judges',
      command:
        '<%= config.bin %> <%= command.id %> photo.jpg "make it snowy" --model runs/photos/model --out best.png --best-of 8 --judge openai:gpt-6-luna --max-cost 1',
    },
    {
      description: 'What the scores that are asked for do, in one picture',
      command:
        '<%= config.bin %> <%= command.id %> photo.jpg "make it snowy" --model runs/photos/model --out sweep.png --sweep following=0..5 --sweep preserving=0..5',
    },
    {
      description: 'With a low score for the preserving of details, to see what the model learned of it',
      command:
        '<%= config.bin %> <%= command.id %> photo.jpg "make it snowy" --model runs/photos/model --out worse.png --scores 5,1,5 --feedback "preserving=the background has changed"',
    },
  ];

  static override args = {
    picture: Args.string({
      description: 'Picture to edit, a folder of pictures, or a .jsonl file of jobs.',
      required: true,
      ignoreStdin: true,
    }),
    instruction: Args.string({
      description: 'What to do with it; jobs of a .jsonl file may have their own.',
      ignoreStdin: true,
    }),
  };

  static override flags = {
    ...withVariables('edit', {
      model: Flags.string({
        summary:
          "Model folder, or file in Stable Diffusion's own layout; the starter model that comes with the program by default.",
        helpValue: 'PATH',
      }),
      out: Flags.string({
        summary: 'Picture to write (.png, .jpg or .webp), or the folder for many.',
        required: true,
        helpValue: 'PATH',
      }),
      ...drawFlags,
      ...editFlags,
      ...stateFlags,
      ...weightsFlags,
      ...viewFlags,
    }),
    ...backendFlags,
  };

  protected async work(
    { picture: source, instruction }: ArgumentsOf<typeof Edit>,
    options: OptionsOf<typeof Edit>,
  ): Promise<EditReport | EditsReport> {
    const { readJobs } = await import('../editing/read-jobs.ts');
    const { prepareOutput, prepareOutputFolder } = await import('../editing/edit-output.ts');
    const { openEditing } = await import('../editing/editing.ts');
    const { out, seed, crop, sweep: sweeps = [] } = options;
    const jobs = await readJobs({ source, instruction, seed, out, ending: `.${options.format}` });
    await drawSettings(options);
    await assertAsked(options);
    if (jobs.isMany) await prepareOutputFolder(out);
    else await prepareOutput(out, source);
    const folder = options.model ?? (await starterModel('photos'));
    if (options.model === undefined)
      this.note(
        'No --model is named: the starter model edits, which is small and knows light, tone and colour best.',
      );
    const emit = await this.beginRunOf(jobs, options);
    const backend = await openBackend(options);
    try {
      const editing = await openEditing(folder, { ...options, crop: crop?.value }, backend, emit);
      try {
        await this.noteWhatIsLost(editing.opened, jobs, options);
        const { size, resolution } = options;
        const make: MakeOptions = {
          ...{ editing, draw: options, model: options.model ?? STARTER_NAME },
          making: {
            ...{ variations: options.variations, bestOf: options['best-of'] },
            sweeps: sweeps.map(({ value }) => value),
          },
          about: {
            ...weightsOf(options),
            ...(size !== undefined && { size }),
            ...(resolution !== undefined && { resolution }),
            ...(crop !== undefined && { crop: crop.text }),
            ...(sweeps.length > 0 && { sweep: sweeps.map(({ text }) => text) }),
          },
        };
        return jobs.isMany
          ? await this.editMany(jobs, make, options)
          : await this.editOne(jobs, make, options);
      } finally {
        await editing.close();
      }
    } finally {
      await backend.dispose();
    }
  }

  /** Many are a run in their folder, as are those that the best is chosen among; one picture is nothing that a run could be in. */
  private async beginRunOf({ isMany }: Jobs, options: OptionsOf<typeof Edit>): Promise<Emit> {
    if (isMany) return (await this.beginRun({ folder: options.out })).emit;
    if (options['best-of'] === undefined) return (await this.beginRunApart()).emit;
    return (await this.beginRun({ folder: candidatesFolder(options.out) })).emit;
  }

  private async editOne(
    { jobs: [job] }: Jobs,
    make: MakeOptions,
    options: OptionsOf<typeof Edit>,
  ): Promise<EditReport> {
    const { candidatesOf, editsOf, makeJob, planJob } = await import('../editing/make-edits.ts');
    const best = make.making.bestOf;
    // Only what is kept has to be told from what was made with other weights of that name.
    const digest = best === undefined ? '' : await make.editing.digest();
    const planned = await planJob(job, digest, make);
    await make.editing.checkRoom({ ...job, settings: planned.settings });
    if (best !== undefined) {
      const judged = await this.judge(
        candidatesFolder(options.out),
        candidatesOf(planned, best),
        make,
        options,
      );
      return this.tellOne(await makeJob(planned, make, {}, judged));
    }
    const edits = editsOf(make.making);
    const isOne = edits === 1;
    const phase = isOne
      ? { phase: 'Editing', unit: 'steps', total: planned.settings.steps }
      : { phase: 'Editing', unit: 'edits', total: edits };
    const made = await this.longWork(
      { ...phase, requests: ['pause'] },
      async (emit, signal, requests, save) => {
        let done = 0;
        emit({ type: 'progress', done });
        const tell: Emit = (event) =>
          emit(isOne && event.type === 'denoised' ? { ...event, done: event.step } : event);
        const onEdit = () => {
          if (!isOne) emit({ type: 'progress', done: (done += 1) });
        };
        return makeJob(planned, { ...make, onEdit }, hooksOf(tell, signal, requests, save));
      },
    );
    return this.tellOne(made);
  }

  private tellOne({ outs, record }: MadeJob): EditReport {
    const [first, ...variations] = outs.map(writtenOf);
    for (const { picture, width, height } of [first, ...variations])
      this.log(`The edited picture is ${picture} (${width} x ${height} pixels).`);
    if (record.bestOf !== undefined) {
      const rows = record.bestOf.edits.map(({ seed, scores, overall, missing }) => [
        seed === record.settings.seed ? `${seed} (kept)` : seed,
        ...[scores?.following, scores?.preserving, scores?.quality].map((score) => score ?? '-'),
        overall?.toFixed(2) ?? missing ?? '-',
      ]);
      this.log(formatTable(['seed', 'following', 'preserving', 'quality', 'overall'], rows));
    }
    return { ...first, ...record, ...(variations.length > 0 && { variations }) };
  }

  private async editMany(
    { jobs }: Jobs,
    make: MakeOptions,
    options: OptionsOf<typeof Edit>,
  ): Promise<EditsReport> {
    const { EXIT_CODES, RewardEditError } = await import('@rewardedit/core');
    const { openJobJournal, SET_ASIDE_FILE } = await import('../editing/job-journal.ts');
    const { candidatesOf, editsOf, makeAll, planJob } = await import('../editing/make-edits.ts');
    const { isOfOne } = await import('../editing/best-of.ts');
    const { out } = options;
    const digest = await make.editing.digest();
    const journal = await openJobJournal(out);
    const setAside: SetAside[] = [];
    const made: MadeJob[] = [];
    let before = 0;
    try {
      const planned: PlannedJob[] = [];
      for (const job of jobs) {
        try {
          const plan = await planJob(job, digest, make);
          if (journal.isDone({ id: job.id, fingerprint: plan.fingerprint })) before += 1;
          else planned.push(plan);
        } catch (error) {
          if (!(error instanceof RewardEditError && isOfOne(error.code))) throw error;
          setAside.push({ id: job.id, reason: error.message });
        }
      }
      const best = make.making.bestOf;
      const candidates = planned.flatMap((plan) => candidatesOf(plan, best ?? 0));
      const judged =
        candidates.length === 0
          ? undefined
          : await this.judge(candidatesFolder(out), candidates, make, options);
      const each = best === undefined ? editsOf(make.making) : 1;
      const total = jobs.length * each;
      const phase = { phase: best === undefined ? 'Editing' : 'Keeping', unit: 'edits', total };
      await this.longWork({ ...phase, requests: ['pause'] }, async (emit, signal, requests, save) => {
        let done = total - planned.length * each;
        emit({ type: 'progress', done, before: done });
        for (const { id, reason } of setAside) emit({ type: 'quarantined', id, reason });
        const onEdit = () => emit({ type: 'progress', done: (done += 1) });
        const hooks = hooksOf(emit, signal, requests, save);
        try {
          await makeAll({
            ...{ ...make, planned, journal, folder: out, judged, emit, hooks, onEdit, made, setAside },
            onJob: (number) =>
              emit({ type: 'progress', done: (done = total - (planned.length - number) * each) }),
          });
        } catch (error) {
          if (!signal.aborted) throw error;
          throw new RewardEditError(
            'interrupted',
            `stopped after ${before + made.length} of ${jobs.length} jobs; they are kept`,
            { where: out, hint: 'the same command goes on from there', cause: error },
          );
        }
      });
    } finally {
      await journal.close(setAside);
    }
    this.log(`${made.length + before} of ${jobs.length} jobs are done; the results are in ${out}.`);
    if (setAside.length > 0) {
      process.exitCode = EXIT_CODES.partial;
      this.note(
        `${setAside.length} of ${jobs.length} jobs were set aside: ${join(out, SET_ASIDE_FILE)} says why. The same command tries them again.`,
      );
    }
    const edits = made.map(({ id, outs }) => ({ id, pictures: outs.map(writtenOf) }));
    return { out, jobs: jobs.length, before, edits, setAside };
  }

  private async judge(
    folder: string,
    edits: readonly CandidateEdit[],
    { editing }: MakeOptions,
    options: OptionsOf<typeof Edit>,
  ): Promise<JudgedEdits> {
    const { judgeEdits } = await import('../editing/best-of.ts');
    const judging = { ...options, judge: options.judge ?? '' };
    const judged = await judgeEdits({ folder, editing, edits, judging, command: this.judgingCommand() });
    this.note(`All edits and what the judge said of them are in ${folder}.`);
    return judged;
  }

  /** Says so where a model takes less than is asked of it. */
  private async noteWhatIsLost(
    { model, tokenizer }: { readonly model: EditModelConfig; readonly tokenizer: Tokenizer },
    { jobs }: Jobs,
    options: OptionsOf<typeof Edit>,
  ): Promise<void> {
    const { feedbackTexts, feedbackTokens } = await import('@rewardedit/diffusion');
    const { askedReward } = await import('../flags/asked-reward.ts');
    if (model.unet.reward === undefined) {
      const name = options.sweep?.map(({ value }) => value.name).find(isReward);
      if (name !== undefined) await nothingToSweep(name);
      this.note('This model takes no rewards: --scores, --feedback and --reward-guidance change nothing.');
    }
    const longest = jobs.reduce((a, b) => (b.instruction.length > a.instruction.length ? b : a)).instruction;
    this.noteCut('the instruction', longest, tokenizer, model.tokens);
    const { reward } = model.unet;
    if (!reward) return;
    const asked = await askedReward(options.scores, options.feedback ?? []);
    for (const feedback of feedbackTexts(reward, asked))
      this.noteCut('the feedback', feedback, tokenizer, feedbackTokens(model));
  }

  /** Says so where a model reads only the beginning of a text. */
  private noteCut(what: string, text: string, tokenizer: Tokenizer, length: number): void {
    const [tokens, most] = [tokenizer.tokenize(text).length, length - 2];
    if (tokens > most)
      this.note(
        `Of ${what}, the model reads the first ${most} of ${tokens} tokens; the rest changes nothing.`,
      );
  }
}

/** Where the edits are that the best of is kept: beside the result, or in the folder of results. */
function candidatesFolder(out: string): string {
  const ending = extname(out);
  return ending === '' ? join(out, 'candidates') : `${out.slice(0, out.length - ending.length)}-candidates`;
}

function writtenOf({ path: picture, width, height }: MadeJob['outs'][number]): Written {
  return { picture, width, height };
}

function hooksOf(
  emit: Emit,
  signal: AbortSignal,
  requests: RunRequests,
  savePreview: SavePreview,
): EditHooks {
  return { emit, savePreview, signal, whilePaused: requests.whilePaused };
}

async function assertAsked({ judge, 'best-of': best }: OptionsOf<typeof Edit>): Promise<void> {
  const { RewardEditError } = await import('@rewardedit/core');
  if (best === undefined || judge !== 'oracle') return;
  throw new RewardEditError('usage', 'the oracle measures against the true edit, which nobody knows here', {
    where: '--judge',
    hint: 'choose a language model, such as openai:MODEL or compatible:MODEL with --base-url',
  });
}

async function nothingToSweep(name: string): Promise<never> {
  const { RewardEditError } = await import('@rewardedit/core');
  throw new RewardEditError('usage', `the model takes no rewards, so ${name} changes nothing`, {
    where: '--sweep',
    hint: 'choose a model that was trained with rewards, or sweep over a guidance, the steps or the seed',
  });
}
