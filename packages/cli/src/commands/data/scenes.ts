import { existsSync } from 'node:fs';
import { Flags } from '@oclif/core';
import { shellWord } from '@rewardedit/core/text';
import type { SceneSplit } from '@rewardedit/data';
import { requiredArgument } from '../../flags/arguments.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../../running/base-command.ts';
import { datasetSummary, type MadeDataset } from '../../output/dataset-summary.ts';
import { faultRateFlag, seedFlag, withVariables } from '../../flags/flags.ts';

const SPLITS = ['train', 'held-out'] as const satisfies readonly SceneSplit[];

export default class DataScenes extends BaseCommand<typeof DataScenes> {
  static override summary = 'Draw scenes of coloured shapes, with instructions, edits and known faults.';

  static override description = `Writes a dataset folder of triplets (instruction, original, edited) whose every
fault is known, so that a judge can be judged, and a model trained in minutes. The same options give the same files on
every machine. A folder that was begun is continued; with a larger --count it grows.`;

  static override examples = [
    {
      description: 'Two thousand triplets to train with',
      command: '<%= config.bin %> <%= command.id %> data/scenes --count 2000',
    },
    {
      description: 'Scenes that no training set has, to measure with',
      command:
        '<%= config.bin %> <%= command.id %> data/held-out --split held-out --count 200 --fault-rate 0',
    },
  ];

  static override args = {
    out: requiredArgument('Dataset folder to make or continue.'),
  };

  static override flags = withVariables('data scenes', {
    count: Flags.integer({ summary: 'How many triplets.', default: 2000, min: 1 }),
    seed: seedFlag(),
    size: Flags.integer({ summary: 'Size of the pictures: pixels a side.', default: 32, min: 8, max: 1024 }),
    'fault-rate': faultRateFlag(),
    split: Flags.option({
      summary: 'Which scenes: one layout in ten is held out, and in no training set.',
      options: SPLITS,
      default: 'train' as const,
    })(),
    reasoning: Flags.boolean({
      summary:
        'Instructions that have to be read together with the picture: relations, exclusion, counting, several steps.',
    }),
    rewrites: Flags.boolean({
      summary:
        'Add what each pair really shows as an instruction, and wrong ones, for the oracle of `annotate --rectify`.',
    }),
  });

  protected async work(
    { out }: ArgumentsOf<typeof DataScenes>,
    { count, seed, size, 'fault-rate': faultRate, split, reasoning, rewrites }: OptionsOf<typeof DataScenes>,
  ): Promise<MadeDataset> {
    const { writeScenes } = await import('@rewardedit/data');
    await this.beginRunBeside(out, !existsSync(out));
    const options = { folder: out, count, seed, size, faultRate, split, reasoning, rewrites };
    const { written } = await this.longWork(
      { phase: 'Drawing', unit: 'triplets', total: count },
      (emit, signal) => writeScenes({ ...options, signal, emit }),
    );
    this.log(datasetSummary({ folder: out, count, written }));
    this.suggestNext(`annotate ${shellWord(out)}`);
    return { folder: out, count, written };
  }
}
