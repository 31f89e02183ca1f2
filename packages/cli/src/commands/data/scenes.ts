import { existsSync } from 'node:fs';
import { Flags } from '@oclif/core';
import { shellWord } from '@rewardedit/core/text';
import type { SceneSplit } from '@rewardedit/data';
import { examples } from '../../flags/examples.ts';
import { requiredArgument } from '../../flags/arguments.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../../running/base-command.ts';
import { datasetSummary, type MadeDataset } from '../../output/dataset-summary.ts';
import { faultRateFlag, seedFlag, withVariables } from '../../flags/flags.ts';

const SPLITS = ['train', 'held-out'] as const satisfies readonly SceneSplit[];

export default class DataScenes extends BaseCommand<typeof DataScenes> {
  static override summary = 'Generate scenes of coloured shapes, with instructions, edits and known faults.';

  static override description = `Writes a dataset folder of triplets (instruction, original, edited) with known faults, for evaluating judges and for training a
model within minutes. The same options produce the same files on every machine. An interrupted run resumes; a larger --count extends
the dataset.`;

  static override examples = examples({
    'Two thousand triplets for training': 'data/scenes --count 2000',
    'Held-out scenes for evaluation, which no training set contains':
      'data/held-out --split held-out --count 200 --fault-rate 0',
  });

  static override args = { out: requiredArgument('Dataset folder to create or extend.') };

  static override flags = withVariables('data scenes', {
    count: Flags.integer({ summary: 'Number of triplets.', default: 2000, min: 1 }),
    seed: seedFlag(),
    size: Flags.integer({ summary: 'Picture size: pixels per side.', default: 32, min: 8, max: 1024 }),
    'fault-rate': faultRateFlag(),
    split: Flags.option({
      summary: 'Split of the scenes: one layout in ten is held out, and never in a training set.',
      options: SPLITS,
      default: 'train' as const,
    })(),
    reasoning: Flags.boolean({
      summary:
        'Use instructions that only make sense with the picture: relations, exclusion, counting, several steps.',
    }),
    rewrites: Flags.boolean({
      summary:
        'Also store rectified and wrong instructions, which the oracle needs for `annotate --rectify` and --contrast.',
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
      ({ emit, signal }) => writeScenes({ ...options, signal, emit }),
    );
    this.log(datasetSummary({ folder: out, count, written }));
    this.suggestNext(`annotate ${shellWord(out)}`);
    return { folder: out, count, written };
  }
}
