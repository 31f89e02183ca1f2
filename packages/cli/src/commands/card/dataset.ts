import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { Args } from '@oclif/core';
import type { ComparisonAgreement } from '@rewardedit/eval';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../../running/base-command.ts';
import { cardFlags, giveCard, type CardReport } from '../../output/card-output.ts';
import { openFilledDataset } from '../../datasets/filled-dataset.ts';
import { withVariables } from '../../flags/flags.ts';
import { openTriplets } from '../../flags/source-flags.ts';

export default class CardDataset extends BaseCommand<typeof CardDataset> {
  static override summary = 'Write the card of a scored dataset, as Hugging Face reads it.';

  static override description = `The card says what was judged by whom, how the scores are spread, for each kind of edit too, and,
where people have corrected scores, how far the judge agrees with them. It begins with the YAML that Hugging Face reads. Everything
in it is counted from the dataset, its journal and its corrections; what the data are, and where they come from, only you know: add it.`;

  static override examples = [
    {
      description: 'Look at it',
      command: '<%= config.bin %> <%= command.id %> data/photos',
    },
    {
      description: 'Put it beside the dataset',
      command:
        '<%= config.bin %> <%= command.id %> data/photos --license cc-by-4.0 --out data/photos/README.md',
    },
  ];

  static override args = {
    dataset: Args.string({ description: 'Dataset folder with scores.', required: true, ignoreStdin: true }),
  };

  static override flags = withVariables('card dataset', cardFlags);

  protected async work(
    { dataset: path }: ArgumentsOf<typeof CardDataset>,
    { name = basename(resolve(path)), license, out, seed }: OptionsOf<typeof CardDataset>,
  ): Promise<CardReport> {
    const { correctionsPath, readAnswers, readCorrections, rewardsPath } =
      await import('@rewardedit/annotate');
    const { rewardStatistics } = await import('@rewardedit/data');
    const { datasetCard } = await import('@rewardedit/report');
    const { dataset } = await openFilledDataset(path);
    const journal = rewardsPath(dataset);
    const judges = new Map<string, { name: string; version: string; count: number }>();
    if (existsSync(journal))
      for await (const answer of readAnswers(journal)) {
        if (!('reward' in answer) || answer.reward.judge === undefined) continue;
        const { name: judge, version } = answer.reward.judge;
        const key = JSON.stringify([judge, version]);
        const known = judges.get(key) ?? { name: judge, version, count: 0 };
        judges.set(key, { ...known, count: known.count + 1 });
      }
    const corrections = correctionsPath(journal);
    const { size: corrected } = await readCorrections(corrections);
    const isCompared = corrected > 0 && judges.size === 1;
    const source = await openTriplets(path, {});
    try {
      const statistics = await this.longWork({ phase: 'Reading', unit: 'rows' }, (emit, signal) =>
        rewardStatistics(source.rows(), { signal, emit }),
      );
      const agreement = isCompared ? await agreementOf([journal, corrections], path, seed) : [];
      const card = datasetCard({
        ...{ name, license, statistics, corrected, agreement },
        judges: [...judges.values()],
      });
      return await giveCard(card, { out, log: (text) => this.log(text) });
    } finally {
      await source.close();
    }
  }
}

async function agreementOf(
  journals: readonly string[],
  dataset: string,
  seed: number,
): Promise<readonly ComparisonAgreement[]> {
  const { measureAgreement, readRatings } = await import('@rewardedit/eval');
  return (await measureAgreement(await readRatings(journals, { dataset }), { seed })).comparisons;
}
