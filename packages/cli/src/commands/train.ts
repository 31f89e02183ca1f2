import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Flags } from '@oclif/core';
import { shellWord } from '@rewardedit/core/text';
import type { TrainResult } from '@rewardedit/train';
import { examples } from '../flags/examples.ts';
import { requiredArgument } from '../flags/arguments.ts';
import { backendFlags, openBackend } from '../flags/backend-flag.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../running/base-command.ts';
import { openFilledDataset } from '../datasets/filled-dataset.ts';
import { outFlag, withVariables } from '../flags/flags.ts';
import { configKey, toTrainSettings } from '../config/train-config.ts';
import { openStates, stateFlags, type StateOptions } from '../flags/state-flags.ts';
import { trainFlags } from '../flags/train-flags.ts';
import { viewFlags } from '../flags/view-flags.ts';

export default class Train extends BaseCommand<typeof Train> {
  static override summary = 'Train an editing model, conditioned on the score of each triplet.';

  static override description = `Trains on the triplets of a dataset folder; in stage 2, also on the scores from \`rewardedit annotate\`. The run folder contains
checkpoints, sample pictures, the events of the run (events.jsonl) and, at the end, a model folder that diffusers can open. An interrupted
or killed run resumes with the same command, and ends with the same weights as an uninterrupted one; options that are not given are then
read from the run, as is its vocabulary. If the dataset or its rewards have changed since, the command stops and reports the differences.`;

  static override examples = examples({
    'A small model on generated scenes, with their rewards': 'data/scenes --out runs/scenes --steps 2000',
    'Stage 1, without rewards': 'data/scenes --out runs/first --stage 1',
    'Stage 2, with rewards, starting from stage 1':
      'data/scenes --out runs/second --stage 2 --init runs/first/model --learning-rate 0.0005',
  });

  static override args = { dataset: requiredArgument('Dataset folder to train on.') };

  static override flags = {
    ...withVariables('train', {
      out: outFlag('Run folder to create or resume.', 'FOLDER'),
      'accept-changed-data': Flags.boolean({
        summary: 'Resume a run even if its dataset or rewards have changed.',
      }),
    }),
    ...trainFlags,
    ...withVariables('train', { ...stateFlags, ...viewFlags }),
    ...backendFlags,
  };

  protected async work(
    { dataset }: ArgumentsOf<typeof Train>,
    options: OptionsOf<typeof Train>,
  ): Promise<TrainResult & { run: string }> {
    const { keepHeapSmall } = await import('@rewardedit/core');
    const { resolveTrainConfig, train } = await import('@rewardedit/train');
    const config = await resolveTrainConfig(await toTrainSettings(options), options.out);
    await openFilledDataset(dataset);
    await this.beginRun({ folder: options.out, fresh: !existsSync(join(options.out, 'config.json')) });
    const states = await openStates(options);
    const backend = await openBackend(options);
    // Planning a program leaves much garbage, whose memory the backend needs.
    keepHeapSmall();
    try {
      const result = await this.longWork(
        {
          ...{ phase: 'Training', unit: 'steps', total: config.steps },
          requests: ['pause', 'checkpoint', ...(config.sampleCount > 0 ? (['sample'] as const) : [])],
        },
        (hooks) =>
          train({
            ...{ dataset, run: options.out, config, backend, states: states.source, ...hooks },
            acceptChangedData: options['accept-changed-data'],
          }),
      );
      const loss = result.loss === undefined ? '' : ` The last loss was ${result.loss.toPrecision(3)}.`;
      this.log(`Trained ${result.steps} steps; the model is in ${result.model}.${loss}`);
      this.suggestNext(await editNext(dataset, result.model, options));
      return { run: options.out, ...result };
    } finally {
      await backend.dispose();
      await states.close();
    }
  }

  /** Options that follow from the model, or from the run. */
  protected override async followingOptions(
    options: OptionsOf<typeof Train>,
  ): Promise<Readonly<Record<string, unknown>>> {
    const { resolveTrainConfig } = await import('@rewardedit/train');
    const settings = await toTrainSettings(options);
    const config: Readonly<Record<string, unknown>> = await resolveTrainConfig(settings, options.out);
    return Object.fromEntries(Object.keys(trainFlags).map((name) => [name, config[configKey(name)]]));
  }
}

/** The command that edits a picture of the dataset with its instruction, using the states of the training if the model reads any. */
async function editNext(
  path: string,
  model: string,
  { states, 'language-model': languageModel }: StateOptions,
): Promise<string | undefined> {
  const { openDataset } = await import('@rewardedit/data');
  const dataset = await openDataset(path);
  for await (const { original, instruction } of dataset.triplets()) {
    const read = Object.entries({ '--states': states, '--language-model': languageModel }).flatMap(
      ([flag, folder]) => (folder === undefined ? [] : [flag, folder]),
    );
    const words = [dataset.resolve(original), instruction, '--model', model, ...read, '--out', 'edited.png'];
    return `edit ${words.map(shellWord).join(' ')}`;
  }
  return undefined;
}
