import { access, constants, stat } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import { Args, Flags } from '@oclif/core';
import type { Emit } from '@rewardedit/core';
import type { Picture } from '@rewardedit/data';
import type { EditSettings, PlannedEdit, Precision } from '@rewardedit/diffusion';
import type { Backend } from '@rewardedit/graph';
import type { Tokenizer } from '@rewardedit/models';
import { backendFlags, openBackend } from '../flags/backend-flag.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../running/base-command.ts';
import { drawFlags, drawSettings, shorterSide } from '../flags/draw-flags.ts';
import { withVariables } from '../flags/flags.ts';
import { starterModel } from '../models/starter-model.ts';
import { viewFlags } from '../flags/view-flags.ts';
import { editModelOptions, weightsFlags, type WeightsOptions } from '../flags/weights-flags.ts';

export type EditReport = {
  readonly picture: string;
  readonly width: number;
  readonly height: number;
  readonly instruction: string;
  readonly model: string;
  readonly settings: EditSettings;
  /** Where the network did not compute in f32. */
  readonly precision?: Precision;
  /** LoRA files that were merged into the weights. */
  readonly lora?: WeightsOptions['lora'];
};

export default class Edit extends BaseCommand<typeof Edit> {
  static override summary = 'Edit a picture as an instruction says, aiming at the highest scores.';

  static override description = `The picture keeps its size and its proportions. A model that works on pixels edits it at the size that it was trained on;
what that does to colours is then carried over to the full picture, so that it stays sharp. With --size, the result is the model's own
picture with so many pixels along its shorter side.

Without --model, it is the small starter model that comes with the program. It knows edits of light, tone and colour best; its
card in the package (models/starter/README.md) says what it has learned.

The same picture, instruction, model and options give the same result. The PNG file carries the
settings that made it.`;

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
      model: Flags.string({
        summary:
          "Model folder, or file in Stable Diffusion's own layout; the starter model that comes with the program by default.",
        helpValue: 'PATH',
      }),
      out: Flags.string({ summary: 'PNG file to write.', required: true, helpValue: 'FILE' }),
      ...drawFlags,
      ...weightsFlags,
      ...viewFlags,
    }),
    ...backendFlags,
  };

  protected async work(
    { picture: path, instruction }: ArgumentsOf<typeof Edit>,
    options: OptionsOf<typeof Edit>,
  ): Promise<EditReport> {
    const { readPicture, writePng } = await import('@rewardedit/data');
    const { createEditor, feedbackTexts, feedbackTokens, openEditModel, proportionalSize, worksOnPixels } =
      await import('@rewardedit/diffusion');
    const { out } = options;
    const folder = options.model ?? (await starterModel());
    if (instruction.trim() === '') await missingInstruction();
    const asked = await drawSettings(options);
    await prepareOutput(out, path);
    if (options.model === undefined)
      this.note(
        'No --model is named: the starter model edits, which is small and knows light, tone and colour best.',
      );
    const { emit: tellRun } = await this.beginRunApart();
    const backend = await openBackend(options);
    try {
      const opened = await openEditModel(folder, editModelOptions(options));
      const { model, tokenizer, types } = opened;
      const settings = await asked(model);
      if (model.unet.reward === undefined)
        this.note('This model takes no rewards: --scores, --feedback and --reward-guidance change nothing.');
      this.noteCut('the instruction', instruction, tokenizer, model.tokens);
      const { reward } = model.unet;
      for (const feedback of reward ? feedbackTexts(reward, settings.reward) : [])
        this.noteCut('the feedback', feedback, tokenizer, feedbackTokens(model));
      const side = await shorterSide(model, options.size);
      const size = proportionalSize(model, await readPicture(path, { shorterSide: side }), side);
      const picture = await readPicture(path, { fit: size });
      await checkRoom({ model, requests: 1, size, settings, types }, backend, tellRun);
      const parts = await opened.load(backend);
      const [edited] = await this.longWork(
        { phase: 'Editing', unit: 'steps', total: settings.steps, requests: ['pause'] },
        (emit, signal, requests, savePreview) => {
          emit({ type: 'progress', done: 0 });
          const editor = createEditor(parts);
          const tell: Emit = (event) =>
            emit(event.type === 'denoised' ? { ...event, done: event.step } : event);
          // One key for all: pictures and instructions are compared from the same noise.
          return editor.edit([{ key: '', picture, instruction }], settings, {
            ...{ emit: tell, savePreview, signal, whilePaused: requests.whilePaused },
          });
        },
      );
      const { precision, lora } = options;
      const made = {
        ...{ instruction, model: folder, settings },
        ...(precision !== 'f32' && { precision }),
        ...(lora && { lora }),
      };
      const result =
        options.size === undefined && worksOnPixels(parts.model)
          ? await atFullSize(path, picture, edited)
          : edited;
      const { width, height } = result;
      await writePng(out, result, { text: { Software: 'rewardedit', Settings: JSON.stringify(made) } });
      this.log(`The edited picture is ${out} (${width} x ${height} pixels).`);
      return { picture: out, width, height, ...made };
    } finally {
      await backend.dispose();
    }
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

/** Sees that there is memory for the weights and the edit, before either is loaded. */
async function checkRoom(edit: PlannedEdit, backend: Backend, emit: Emit): Promise<void> {
  const { checkMemory } = await import('@rewardedit/graph');
  const { editMemory, editParameters } = await import('@rewardedit/diffusion');
  const weights = { states: [editParameters(edit.model, edit.types)], programs: [] };
  const hint = 'Choose a smaller --size.';
  checkMemory(editMemory(edit, backend, weights), backend, { what: 'The edit', hint, emit });
}

/** The edit carried over to the picture as it is in its file, where that is larger than the model's. */
async function atFullSize(path: string, source: Picture, edited: Picture): Promise<Picture> {
  const { readPicture } = await import('@rewardedit/data');
  const { carryEdit } = await import('@rewardedit/diffusion');
  const photo = await readPicture(path);
  return photo.width > source.width || photo.height > source.height
    ? carryEdit(photo, source, edited)
    : edited;
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
