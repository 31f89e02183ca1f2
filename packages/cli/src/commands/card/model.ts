import { basename, dirname, join, resolve } from 'node:path';
import { Flags } from '@oclif/core';
import { requiredArgument } from '../../flags/arguments.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../../running/base-command.ts';
import { cardFlags, giveCard, type CardReport } from '../../output/card-output.ts';
import { withVariables } from '../../flags/flags.ts';

export default class CardModel extends BaseCommand<typeof CardModel> {
  static override summary = 'Write the card of a model, as Hugging Face reads it.';

  static override description = `The card says how the model was trained, as far as the run folder around it tells, and what came
of evaluating it: every mean with its interval, its N and what is missing, also in the YAML at its beginning, which the index of
models on Hugging Face reads.`;

  static override examples = [
    {
      description: 'With what two runs of eval found',
      command:
        '<%= config.bin %> <%= command.id %> runs/photos/model --eval runs/eval-scenes --eval runs/eval-photos',
    },
    {
      description: 'Put it beside the model',
      command: '<%= config.bin %> <%= command.id %> runs/photos/model --out runs/photos/model/README.md',
    },
  ];

  static override args = {
    model: requiredArgument('Model folder.'),
  };

  static override flags = withVariables('card model', {
    eval: Flags.string({
      summary: 'Run folder of `eval`; may be repeated.',
      helpValue: 'FOLDER',
      multiple: true,
      multipleNonGreedy: true,
    }),
    ...cardFlags,
  });

  protected async work(
    { model }: ArgumentsOf<typeof CardModel>,
    { eval: folders = [], name = nameOf(model), license, out, seed }: OptionsOf<typeof CardModel>,
  ): Promise<CardReport> {
    const { openEvalRun } = await import('@rewardedit/eval');
    const { modelCard } = await import('@rewardedit/report');
    await assertModel(model);
    const runs = await Promise.all(folders.map(openEvalRun));
    const training = await readTraining(join(dirname(resolve(model)), 'config.json'));
    const card = modelCard({ name, license, training, runs, seed });
    return giveCard(card, { out, log: (text) => this.log(text) });
  }
}

/** What a model is called: its folder, or that of the run, which calls all of them `model`. */
function nameOf(model: string): string {
  const path = resolve(model);
  return basename(path) === 'model' ? basename(dirname(path)) : basename(path);
}

async function assertModel(model: string): Promise<void> {
  const { stat } = await import('node:fs/promises');
  const { fromSystemError } = await import('@rewardedit/core');
  const path = join(model, 'model_index.json');
  await stat(path).catch((error: unknown) => {
    throw fromSystemError(error, { doing: 'read the model folder', path });
  });
}

/** The settings of the training whose run folder holds the model; undefined where it lies elsewhere. */
async function readTraining(path: string): Promise<Record<string, unknown> | undefined> {
  const { findJsonFile } = await import('@rewardedit/core');
  const { z } = await import('zod');
  return findJsonFile(path, z.record(z.string(), z.unknown()), {
    what: 'the file with the settings of the training',
    hint: 'restore it, or move the model out of its run folder',
  });
}
