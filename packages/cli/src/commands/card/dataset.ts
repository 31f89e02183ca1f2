import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { Flags } from '@oclif/core';
import type { DatasetAgreement } from '@rewardedit/report';
import { requiredArgument } from '../../flags/arguments.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../../running/base-command.ts';
import { cardFlags, giveCard, type CardReport } from '../../output/card-output.ts';
import { openFilledDataset } from '../../datasets/filled-dataset.ts';
import { withVariables } from '../../flags/flags.ts';
import { openTriplets } from '../../flags/source-flags.ts';

export default class CardDataset extends BaseCommand<typeof CardDataset> {
  static override summary = 'Write the card of a scored dataset, as Hugging Face reads it.';

  static override description = `The card says what was judged by whom, how the scores are spread, for each kind of edit too, and
how far the judge agrees with people who have corrected scores, and with the answers of other judges. It begins with the YAML that Hugging Face reads. Everything
in it is counted from the dataset, its journal and its corrections; what the data are, and where they come from, only you know: add it.`;

  static override examples = [
    {
      description: 'Look at it',
      command: '<%= config.bin %> <%= command.id %> data/photos',
    },
    {
      description: "With the judge's agreement with another one",
      command: '<%= config.bin %> <%= command.id %> data/photos --against other-judge.jsonl',
    },
    {
      description: 'Put it beside the dataset',
      command:
        '<%= config.bin %> <%= command.id %> data/photos --license cc-by-4.0 --out data/photos/README.md',
    },
  ];

  static override args = {
    dataset: requiredArgument('Dataset folder with scores.'),
  };

  static override flags = withVariables('card dataset', {
    against: Flags.string({
      summary: "Journal of another judge's answers about this dataset; may be repeated.",
      helpValue: 'JOURNAL',
      multiple: true,
      multipleNonGreedy: true,
    }),
    ...cardFlags,
  });

  protected async work(
    { dataset: path }: ArgumentsOf<typeof CardDataset>,
    { name = basename(resolve(path)), against = [], license, out, seed }: OptionsOf<typeof CardDataset>,
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
    const others = [...(corrected > 0 ? [corrections] : []), ...against];
    const source = await openTriplets(path, {});
    try {
      const statistics = await this.longWork({ phase: 'Reading', unit: 'rows' }, (emit, signal) =>
        rewardStatistics(source.rows(), { signal, emit }),
      );
      const agreement = await agreementOf(journal, others, { judges: judges.size, dataset: path, seed });
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

/** How far the judge of a journal agrees with those of others, or why that is not known. */
async function agreementOf(
  journal: string,
  others: readonly string[],
  { judges, dataset, seed }: { readonly judges: number; readonly dataset: string; readonly seed: number },
): Promise<DatasetAgreement> {
  if (others.length === 0) return { unknown: 'No person and no other judge has scored any of this.' };
  if (judges !== 1) return { unknown: `The scores are those of ${judges} judges, not of one.` };
  const { measureAgreement, readRatings } = await import('@rewardedit/eval');
  const journals = [journal, ...others];
  const { comparisons } = await measureAgreement(await readRatings(journals, { dataset }), { seed });
  // A card is read elsewhere: where a journal lies on this machine is nobody's business.
  const bare = (name: string) => journals.reduce((said, path) => said.replace(` (${path})`, ''), name);
  return {
    comparisons: comparisons.map(({ judge, reference, perspectives }) => ({
      judge: bare(judge),
      reference: bare(reference),
      perspectives,
    })),
  };
}
