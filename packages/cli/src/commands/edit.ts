import { Args, Flags } from '@oclif/core';
import type { Emit } from '@rewardedit/core';
import { candidatesFolder } from '../editing/candidates-folder.ts';
import { editFlags } from '../editing/edit-flags.ts';
import { weightsOf } from '../editing/edit-record.ts';
import type { EditReport, EditsReport } from '../editing/edit-report.ts';
import type { EditingCommand } from '../editing/editing-command.ts';
import type { MakeOptions } from '../editing/make-edits.ts';
import { backendFlags, openBackend } from '../flags/backend-flag.ts';
import { drawFlags, drawSettings } from '../flags/draw-flags.ts';
import { withVariables } from '../flags/flags.ts';
import { stateFlags } from '../flags/state-flags.ts';
import { viewFlags } from '../flags/view-flags.ts';
import { weightsFlags } from '../flags/weights-flags.ts';
import { STARTER_NAME, starterModel } from '../models/starter-model.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../running/base-command.ts';

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
    const { out, seed, scores, feedback } = options;
    const { isMany, jobs } = await readJobs({ source, instruction, seed, out, ending: `.${options.format}` });
    await drawSettings(options);
    await assertJudge(options);
    if (isMany) await prepareOutputFolder(out);
    else await prepareOutput(out, source);
    const model = options.model ?? (await starterModel('photos'));
    if (options.model === undefined)
      this.note(
        'No --model is named: the starter model edits, which is small and knows light, tone and colour best.',
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
          return await editMany(jobs, out, how, this.editingCommand());
        }
        const { editOne } = await import('../editing/edit-one.ts');
        return await editOne(jobs[0], how, this.editingCommand());
      } finally {
        await editing.close();
      }
    } finally {
      await backend.dispose();
    }
  }

  private editingCommand(): EditingCommand {
    return { ...this.judgingCommand(), log: (message) => this.log(message) };
  }

  /** Many are a run in their folder, as are those that the best is chosen among; one picture is nothing that a run could be in. */
  private async beginRunOf(isMany: boolean, { out, 'best-of': best }: OptionsOf<typeof Edit>): Promise<Emit> {
    if (isMany) return (await this.beginRun({ folder: out })).emit;
    if (best === undefined) return (await this.beginRunApart()).emit;
    return (await this.beginRun({ folder: candidatesFolder(out) })).emit;
  }
}

/** What the options say of every edit. */
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
  throw new RewardEditError('usage', 'the oracle measures against the true edit, which nobody knows here', {
    where: '--judge',
    hint: 'choose a language model, such as openai:MODEL or compatible:MODEL with --base-url',
  });
}
