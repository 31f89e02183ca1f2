import { Args, Flags } from '@oclif/core';
import type { Emit } from '@rewardedit/core';
import { examples } from '../flags/examples.ts';
import { candidatesFolder } from '../editing/candidates-folder.ts';
import { editFlags } from '../editing/edit-flags.ts';
import { weightsOf } from '../editing/edit-record.ts';
import type { EditReport, EditsReport } from '../editing/edit-report.ts';
import type { MakeOptions } from '../editing/make-edits.ts';
import { backendFlags, openBackend } from '../flags/backend-flag.ts';
import { drawFlags, drawSettings } from '../flags/draw-flags.ts';
import { outFlag, withVariables } from '../flags/flags.ts';
import { stateFlags } from '../flags/state-flags.ts';
import { viewFlags } from '../flags/view-flags.ts';
import { weightsFlags } from '../flags/weights-flags.ts';
import { STARTER_NAME, starterModel } from '../models/starter-model.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../running/base-command.ts';

export default class Edit extends BaseCommand<typeof Edit> {
  static override summary = 'Edit pictures by instruction, asking the model for the highest scores.';

  static override description = `The result has the size and the transparency of the original. A model that works on pixels edits at the resolution it was trained
at, and its colour changes are transferred to the full-size picture, which stays sharp. The output of an InstructPix2Pix model, at the
resolution of its own resize rule, is resized. With --size, the result is the model's own picture.

PICTURE may be a folder, whose pictures are all edited, including subfolders, or a .jsonl file with one job per line: {"picture": "a.jpg",
"instruction": "make it snowy", "seed": 1, "scores": "5,5,5", "out": "snowy.png"}, where only "picture" is required if INSTRUCTION is
given. --out is then a folder, and each job has its own seed. The same command resumes an interrupted run. Jobs that fail are listed in
quarantine.jsonl, and the exit code is 68.

Without --model, the small starter model of this package is used. It is best at edits of light, tone and colour; its model card
(models/starter/README.md in the package) describes what it has learned.

The same picture, instruction, model and options produce the same result. The file extension selects PNG, JPEG or WebP. The settings are
stored in the file, and \`rewardedit settings\` shows them.`;

  static override examples = examples({
    'With the starter model': 'photo.jpg "make it warmer" --out warm.png',
    'With a model of your own': 'photo.jpg "make it snowy" --model runs/photos/model --out snowy.png',
    'A folder of pictures, with results as JPEGs': 'photos "make it warmer" --out warm --format jpg',
    'The best of eight edits, as scored by a language model':
      'photo.jpg "make it snowy" --model runs/photos/model --out best.png --best-of 8 --judge openai:gpt-6-luna --max-cost 1',
    'The effect of the scores asked for, as a grid of edits':
      'photo.jpg "make it snowy" --model runs/photos/model --out sweep.png --sweep following=0..5 --sweep preserving=0..5',
    'Ask for a low preserving score, to see what the model has learned':
      'photo.jpg "make it snowy" --model runs/photos/model --out worse.png --scores 5,1,5 --feedback "preserving=the background has changed"',
  });

  static override args = {
    picture: Args.string({
      description: 'Picture to edit, a folder of pictures, or a .jsonl file of jobs.',
      required: true,
      ignoreStdin: true,
    }),
    instruction: Args.string({
      description: 'Instruction; jobs in a .jsonl file may have their own.',
      ignoreStdin: true,
    }),
  };

  static override flags = {
    ...withVariables('edit', {
      model: Flags.string({
        summary:
          "Model folder, or file in Stable Diffusion's own layout; the built-in starter model by default.",
        helpValue: 'PATH',
      }),
      out: outFlag('Picture to write (.png, .jpg or .webp), or the folder for several results.', 'PATH'),
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
    const { out, seed, scores, feedback } = options;
    const { isMany, jobs } = await readJobs({ source, instruction, seed, out, ending: `.${options.format}` });
    await drawSettings(options);
    await assertJudge(options);
    if (isMany) await prepareOutputFolder(out);
    else await prepareOutput(out, source);
    const model = options.model ?? (await starterModel('photos'));
    if (options.model === undefined)
      this.note(
        'No --model given: using the starter model, which is small and best at light, tone and colour.',
      );
    const emit = await this.beginRunOf(isMany, options);
    const backend = await openBackend(options);
    try {
      const editing = await openEditing(model, { ...options, crop: options.crop?.value }, backend, emit);
      try {
        const make: MakeOptions = { editing, ...madeHow(options) };
        const { whatIsLost } = await import('../editing/what-is-lost.ts');
        const { sweeps } = make.making;
        for (const lost of await whatIsLost(editing.opened, { jobs, sweeps, scores, feedback }))
          this.note(lost);
        const how = { make, judging: { ...options, judge: options.judge ?? '' } };
        if (isMany) {
          const { editMany } = await import('../editing/edit-many.ts');
          return await editMany(jobs, out, how, this.context());
        }
        const { editOne } = await import('../editing/edit-one.ts');
        return await editOne(jobs[0], how, this.context());
      } finally {
        await editing.close();
      }
    } finally {
      await backend.dispose();
    }
  }

  /** Several edits are a run in their folder, as are the candidates of --best-of. A single picture has no folder for a run. */
  private async beginRunOf(isMany: boolean, { out, 'best-of': best }: OptionsOf<typeof Edit>): Promise<Emit> {
    if (isMany) return (await this.beginRun({ folder: out })).emit;
    if (best === undefined) return (await this.beginRunApart()).emit;
    return (await this.beginRun({ folder: candidatesFolder(out) })).emit;
  }
}

/** The options that apply to every edit. */
function madeHow(options: OptionsOf<typeof Edit>): Omit<MakeOptions, 'editing'> {
  const { size, resolution, crop, variations, sweep = [] } = options;
  return {
    draw: options,
    model: options.model ?? STARTER_NAME,
    making: { variations, bestOf: options['best-of'], sweeps: sweep.map(({ value }) => value) },
    about: {
      ...weightsOf(options),
      ...(size !== undefined && { size }),
      ...(resolution !== undefined && { resolution }),
      ...(crop !== undefined && { crop: crop.text }),
      ...(sweep.length > 0 && { sweep: sweep.map(({ text }) => text) }),
    },
  };
}

async function assertJudge({ judge, 'best-of': best }: OptionsOf<typeof Edit>): Promise<void> {
  const { RewardEditError } = await import('@rewardedit/core');
  if (best === undefined || judge !== 'oracle') return;
  throw new RewardEditError('usage', 'the oracle needs the true edit, which is unknown here', {
    where: '--judge',
    hint: 'choose a language model, such as openai:MODEL, or compatible:MODEL with --base-url',
  });
}
