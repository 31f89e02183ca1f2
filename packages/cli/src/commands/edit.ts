import { access, constants, stat } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import { Args, Errors, Flags } from '@oclif/core';
import type { Reward } from '@rewardedit/core';
import type { EditModelConfig, EditSettings, SamplerName } from '@rewardedit/diffusion';
import type { Tokenizer } from '@rewardedit/models';
import { askedReward } from '../asked-reward.ts';
import { backendFlags, openBackend } from '../backend-flag.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../base-command.ts';
import { numberFlag, seedFlag, withVariables } from '../flags.ts';

const SAMPLERS = ['ddim', 'euler-ancestral', 'dpmpp-2m'] as const satisfies readonly SamplerName[];

const GUIDANCE = 'guidance';
const REWARD = 'reward';

/** Two numbers of steps with a hyphen between them, the first not behind the last. */
const guidedStepsFlag = Flags.custom<readonly [number, number]>({
  parse: async (input) => {
    const [, first, last] = /^(\d+)-(\d+)$/.exec(input.trim())?.map(Number) ?? [];
    if (first >= 1 && first <= last) return [first, last];
    throw new Errors.CLIError(`Expected the first and the last step such as 2-7 but received: ${input}`);
  },
});

export type EditReport = {
  readonly picture: string;
  readonly width: number;
  readonly height: number;
  readonly instruction: string;
  readonly model: string;
  readonly settings: EditSettings;
};

export default class Edit extends BaseCommand<typeof Edit> {
  static override summary = 'Edit a picture as an instruction says, aiming at the highest scores.';

  static override description = `The picture keeps its proportions; its shorter side becomes what the model was trained on, or --size.
The same picture, instruction, model and options give the same result. The PNG file carries the
settings that made it.`;

  static override examples = [
    {
      description: 'With the best scores',
      command:
        '<%= config.bin %> <%= command.id %> photo.jpg "make it snowy" --model runs/photos/model --out snowy.png',
    },
    {
      description: 'With a low score for the preserving of details, to see what the model learned of it',
      command:
        '<%= config.bin %> <%= command.id %> photo.jpg "make it snowy" --model runs/photos/model --out worse.png --scores 5,1,5 --feedback "preserving=the background has changed"',
    },
  ];

  static override args = {
    picture: Args.string({ description: 'Picture to edit.', required: true, ignoreStdin: true }),
    instruction: Args.string({ description: 'What to do with it.', required: true, ignoreStdin: true }),
  };

  static override flags = {
    ...withVariables('edit', {
      model: Flags.string({ summary: 'Model folder.', required: true, helpValue: 'FOLDER' }),
      out: Flags.string({ summary: 'PNG file to write.', required: true, helpValue: 'FILE' }),
      seed: seedFlag(),
      steps: Flags.integer({ summary: 'Steps of the sampler.', default: 10, min: 1, max: 1000 }),
      sampler: Flags.option({
        summary: 'How noise becomes a picture.',
        options: SAMPLERS,
        default: 'ddim' as const,
      })(),
      size: Flags.integer({
        summary: "Pixels of the result's shorter side; as the model was trained unless told.",
        min: 1,
        max: 4096,
      }),
      'text-guidance': numberFlag({
        summary: 'How much to follow the instruction; 1 is not guided.',
        helpGroup: GUIDANCE,
        default: 1,
        min: 0,
      }),
      'image-guidance': numberFlag({
        summary: 'How much to stay with the picture; 1 is not guided.',
        helpGroup: GUIDANCE,
        default: 1,
        min: 0,
      }),
      'reward-guidance': numberFlag({
        summary: 'How much to keep away from what low scores would give; 0 is not guided.',
        helpGroup: GUIDANCE,
        default: 0.5,
        min: 0,
      }),
      'guided-steps': guidedStepsFlag({
        summary: 'First and last step that are guided, counted from 1; all of them unless told.',
        helpGroup: GUIDANCE,
        helpValue: 'FIRST-LAST',
      }),
      scores: Flags.string({
        summary: 'Scores to ask for: instruction following, detail preserving, generation quality.',
        helpGroup: REWARD,
        helpValue: 'F,P,Q',
        default: '5,5,5',
      }),
      feedback: Flags.string({
        summary: 'What is to fail in one perspective (following, preserving or quality); may be repeated.',
        helpGroup: REWARD,
        helpValue: 'PERSPECTIVE=TEXT',
        multiple: true,
        multipleNonGreedy: true,
      }),
    }),
    ...backendFlags,
  };

  protected async work(
    { picture: path, instruction }: ArgumentsOf<typeof Edit>,
    options: OptionsOf<typeof Edit>,
  ): Promise<EditReport> {
    const { readPicture, writePng } = await import('@rewardedit/data');
    const { createEditor, feedbackText, loadEditModel, proportionalSize } =
      await import('@rewardedit/diffusion');
    const { model: folder, out } = options;
    if (instruction.trim() === '') await missingInstruction();
    const reward = await askedReward(options.scores, options.feedback ?? []);
    await assertGuidedSteps(options);
    const settings = toSettings(options, reward);
    await prepareOutput(out, path);
    const backend = await openBackend(options);
    try {
      const parts = await loadEditModel(folder, backend);
      if (parts.model.unet.reward === undefined)
        this.note('This model takes no rewards: --scores, --feedback and --reward-guidance change nothing.');
      this.noteCut('the instruction', instruction, parts.tokenizer);
      this.noteCut('the feedback', feedbackText(reward), parts.tokenizer);
      const side = await shorterSide(parts.model, options.size);
      const size = proportionalSize(parts.model, await readPicture(path, { shorterSide: side }), side);
      const picture = await readPicture(path, { fit: size });
      const [edited] = await this.longWork(
        { phase: 'Editing', unit: 'steps', total: settings.steps },
        (emit, signal) => {
          emit({ type: 'progress', done: 0 });
          const editor = createEditor(parts);
          const onStep = (done: number) => emit({ type: 'progress', done });
          // One key for all: pictures and instructions are compared from the same noise.
          return editor.edit([{ key: '', picture, instruction }], settings, { onStep, signal });
        },
      );
      const made = { instruction, model: folder, settings };
      await writePng(out, edited, { text: { Software: 'rewardedit', Settings: JSON.stringify(made) } });
      this.log(`The edited picture is ${out} (${size.width} x ${size.height} pixels).`);
      return { picture: out, ...size, ...made };
    } finally {
      await backend.dispose();
    }
  }

  /** Says so where a model reads only the beginning of a text. */
  private noteCut(what: string, text: string, tokenizer: Tokenizer): void {
    const [tokens, most] = [tokenizer.tokenize(text).length, tokenizer.maxLength - 2];
    if (tokens > most)
      this.note(
        `Of ${what}, the model reads the first ${most} of ${tokens} tokens; the rest changes nothing.`,
      );
  }
}

async function missingInstruction(): Promise<never> {
  const { RewardEditError } = await import('@rewardedit/core');
  throw new RewardEditError('usage', 'the instruction is empty', {
    where: 'INSTRUCTION',
    hint: 'say what to do with the picture, such as "make it snowy"',
  });
}

/** Makes the folder that the file goes to, and sees that it may be written there, before anything is computed for it. */
async function prepareOutput(path: string, picture: string): Promise<void> {
  const { RewardEditError, fromSystemError, makeFolder } = await import('@rewardedit/core');
  if (extname(path).toLowerCase() !== '.png') {
    throw new RewardEditError(
      'usage',
      `the result is a PNG file, and ${JSON.stringify(path)} is called otherwise`,
      {
        where: '--out',
        hint: 'choose a name that ends in .png',
      },
    );
  }
  const folder = dirname(path);
  await makeFolder(folder);
  await access(folder, constants.W_OK).catch((error: unknown) => {
    throw fromSystemError(error, { doing: 'write into the folder', path: folder });
  });
  const [there, original] = await Promise.all([path, picture].map((one) => stat(one).catch(() => undefined)));
  if (there !== undefined && there.ino === original?.ino && there.dev === original.dev) {
    throw new RewardEditError('usage', 'the result would replace the picture that is to be edited', {
      where: '--out',
      hint: 'choose another name for the PNG file',
    });
  }
  if (there?.isDirectory() === true) {
    throw new RewardEditError('bad-input', 'there is a folder of this name', {
      where: path,
      hint: 'choose another name for the PNG file',
    });
  }
}

/** Throws 'usage' where steps are to be guided that there are not. */
async function assertGuidedSteps({ steps, 'guided-steps': guided }: OptionsOf<typeof Edit>): Promise<void> {
  if (guided === undefined || guided[1] <= steps) return;
  const { RewardEditError } = await import('@rewardedit/core');
  throw new RewardEditError('usage', `there is no step ${guided[1]}: the sampler takes ${steps}`, {
    where: '--guided-steps',
    hint: `choose steps from 1 to ${steps}, or more --steps`,
  });
}

function toSettings(options: OptionsOf<typeof Edit>, reward: Reward): EditSettings {
  const { seed, steps, sampler } = options;
  return {
    seed,
    steps,
    sampler,
    reward,
    textScale: options['text-guidance'],
    imageScale: options['image-guidance'],
    rewardScale: options['reward-guidance'],
    guidedSteps: options['guided-steps'],
  };
}

/** The shorter side of the result: as asked, or as the model was trained. Throws 'usage' where the model cannot do it. */
async function shorterSide(model: EditModelConfig, asked: number | undefined): Promise<number> {
  const { sizeMultiple, trainedSide } = await import('@rewardedit/diffusion');
  const { RewardEditError } = await import('@rewardedit/core');
  const side = asked ?? trainedSide(model);
  if (side === undefined) {
    throw new RewardEditError('usage', 'the model does not say what size it was trained on', {
      where: '--size',
      hint: 'give the pixels of the shorter side of the result, such as --size 64',
    });
  }
  const multiple = sizeMultiple(model);
  if (side % multiple !== 0) {
    const nearest = Math.max(multiple, Math.round(side / multiple) * multiple);
    throw new RewardEditError('usage', `the model cannot make pictures of ${side} pixels a side`, {
      where: '--size',
      hint: `choose a multiple of ${multiple}, such as ${nearest}`,
    });
  }
  return side;
}
