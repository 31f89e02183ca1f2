import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { Flags } from '@oclif/core';
import type { DatasetAgreement } from '@rewardedit/report';
import { examples } from '../../flags/examples.ts';
import { requiredArgument } from '../../flags/arguments.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../../running/base-command.ts';
import { cardFlags, giveCard, type CardReport } from '../../output/card-output.ts';
import { openFilledDataset } from '../../datasets/filled-dataset.ts';
import { repeatable, withVariables } from '../../flags/flags.ts';
import { openTriplets } from '../../flags/source-flags.ts';

export default class CardDataset extends BaseCommand<typeof CardDataset> {
  static override summary = 'Write a Hugging Face dataset card for a scored dataset.';

  static override description = `The card reports which judge scored how many triplets, the distribution of the scores, also per kind of edit, and how far
the judge agrees with human corrections and with other judges. It starts with the YAML metadata that Hugging Face reads. Everything in
the card is computed from the dataset, its journal and its corrections. Add what only you know: what the data is, and where it comes from.`;

  static override examples = examples({
    'Print the card': 'data/photos',
    'Include the agreement with another judge': 'data/photos --against other-judge.jsonl',
    'Write the card into the dataset folder': 'data/photos --license cc-by-4.0 --out data/photos/README.md',
  });

  static override args = { dataset: requiredArgument('Dataset folder with scores.') };

  static override flags = withVariables('card dataset', {
    against: Flags.string({
      summary: 'Rewards journal of another judge for this dataset; repeatable.',
      helpValue: 'JOURNAL',
      ...repeatable,
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
      const statistics = await this.longWork({ phase: 'Reading', unit: 'rows' }, ({ emit, signal }) =>
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

/** Measures how far the judge of a journal agrees with other journals, or explains why that is unknown. */
async function agreementOf(
  journal: string,
  others: readonly string[],
  { judges, dataset, seed }: { readonly judges: number; readonly dataset: string; readonly seed: number },
): Promise<DatasetAgreement> {
  if (others.length === 0) return { unknown: 'No person and no other judge has scored these triplets.' };
  if (judges !== 1) return { unknown: `The scores come from ${judges} judges, not from one.` };
  const { measureAgreement, readRatings } = await import('@rewardedit/eval');
  const journals = [journal, ...others];
  const { comparisons } = await measureAgreement(await readRatings(journals, { dataset }), { seed });
  // The card is published: it must not reveal paths on this machine.
  const bare = (name: string) => journals.reduce((said, path) => said.replace(` (${path})`, ''), name);
  return {
    comparisons: comparisons.map(({ judge, reference, perspectives }) => ({
      judge: bare(judge),
      reference: bare(reference),
      perspectives,
    })),
  };
}
