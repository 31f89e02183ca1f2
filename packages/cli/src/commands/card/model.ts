import { basename, dirname, join, resolve } from 'node:path';
import { Flags } from '@oclif/core';
import { examples } from '../../flags/examples.ts';
import { requiredArgument } from '../../flags/arguments.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../../running/base-command.ts';
import { cardFlags, giveCard, type CardReport } from '../../output/card-output.ts';
import { repeatable, withVariables } from '../../flags/flags.ts';

export default class CardModel extends BaseCommand<typeof CardModel> {
  static override summary = 'Write a Hugging Face model card.';

  static override description = `The card reports how the model was trained, as recorded in the run folder around it, and its evaluation results: every mean
with its interval, N and the number of missing edits, also in the YAML metadata that Hugging Face's model index reads.`;

  static override examples = examples({
    'Include the results of two eval runs':
      'runs/photos/model --eval runs/eval-scenes --eval runs/eval-photos',
    'Write the card into the model folder': 'runs/photos/model --out runs/photos/model/README.md',
  });

  static override args = { model: requiredArgument('Model folder.') };

  static override flags = withVariables('card model', {
    eval: Flags.string({
      summary: 'Run folder of `eval`; repeatable.',
      helpValue: 'FOLDER',
      ...repeatable,
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

/** Name of a model: its folder, or the run folder if that is called `model`. */
function nameOf(model: string): string {
  const path = resolve(model);
  return basename(path) === 'model' ? basename(dirname(path)) : basename(path);
}

async function assertModel(model: string): Promise<void> {
  const { stat } = await import('node:fs/promises');
  const { fromSystemError } = await import('@rewardedit/core');
  const path = join(model, 'model_index.json');
  await stat(path).catch((error: unknown) => {
    throw fromSystemError(error, { doing: 'read a file of the model', path });
  });
}

/** Reads the training settings in the run folder around the model; undefined if there are none. */
async function readTraining(path: string): Promise<Record<string, unknown> | undefined> {
  const { findJsonFile } = await import('@rewardedit/core');
  const { z } = await import('zod');
  return findJsonFile(path, z.record(z.string(), z.unknown()), {
    what: 'the file with the training settings',
    hint: 'restore it, or move the model out of its run folder',
  });
}
