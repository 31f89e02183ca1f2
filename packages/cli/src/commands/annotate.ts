import { existsSync } from 'node:fs';
import { Flags } from '@oclif/core';
import type { Access, AnnotateSummary, CostEstimate, JudgeChoice, OpenedJudge } from '@rewardedit/annotate';
import { RewardEditError } from '@rewardedit/core/errors';
import type { Dataset } from '@rewardedit/data';
import { examples } from '../flags/examples.ts';
import { openFilledDataset } from '../datasets/filled-dataset.ts';
import { datasetArgument } from '../flags/arguments.ts';
import { withVariables } from '../flags/flags.ts';
import { judgeAccess } from '../flags/judge-access.ts';
import { judgeChoice, judgeFlags } from '../flags/judge-flags.ts';
import { viewFlags } from '../flags/view-flags.ts';
import { planAnnotation, scaleFlags } from '../judging/annotation-plan.ts';
import { annotateInBatches, batchFlags } from '../judging/batch-annotate.ts';
import {
  concludeRewrites,
  concludeScores,
  type AnnotateReport,
  type RewriteReport,
} from '../judging/conclude-annotation.ts';
import { judgeAll } from '../judging/judging.ts';
import { concludePairs, openPairs, type PairwiseReport } from '../judging/pairwise.ts';
import { warnOfRetirement, withJudge } from '../judging/with-judge.ts';
import { formatEstimate } from '../output/format-spending.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../running/base-command.ts';

export default class Annotate extends BaseCommand<typeof Annotate> {
  static override summary = 'Score every triplet of a dataset from three perspectives with a judge.';

  static override description = `A judge scores each triplet from 0 to 5 for how well the instruction was followed, how well everything else was
preserved, and how good the picture is, and reports what failed. Answers are appended to rewards.jsonl in the dataset folder, one line
per triplet; triplets with an answer are not judged again. A triplet that cannot be judged gets no score, never a guessed one: it is
listed in quarantine.jsonl, and the exit code is 68.

The judge "oracle" measures how far an edit is from the true edit, in datasets that include it, such as those made by
\`rewardedit data\`. A language model is called through its API: openai:MODEL, azure:DEPLOYMENT, or compatible:MODEL for any server
with an OpenAI-compatible API (vLLM, Ollama, LM Studio, llama.cpp) at --base-url. Replies are cached; replay:openai:MODEL judges
from the cache alone, without an API key.

With --rectify or --contrast, the judge writes instructions instead of scores: one that describes what the two pictures really show,
and wrong ones. They go to rewrites.jsonl in the dataset folder; \`rewardedit train\` can train on them.

With --pairwise OTHER, the judge chooses the better of two edits of the same original: that of the dataset or that of OTHER with the
same id. Each pair is shown in both orders. The command prints the win rate with its interval, ties, the pairs whose answer depends on
the order, and the position bias. Answers go to pairs-OTHER.jsonl in the dataset folder.`;

  static override examples = examples({
    'Score a generated dataset': 'data/scenes --judge oracle',
    'Estimate the cost': 'data/photos --judge openai:gpt-6-luna --dry-run',
    'Score with an OpenAI model on a budget of ten dollars':
      'data/photos --judge openai:gpt-6-luna --max-cost 10',
    'Score at half the price, within a day: submit, and later collect with the same command':
      'data/photos --judge openai:gpt-6-luna --batch',
    'Score with a model on your own server, three passes each':
      'data/photos --judge compatible:qwen2.5-vl --base-url http://127.0.0.1:8000/v1 --passes 3',
    'Write a rectified and two wrong instructions per triplet, to train on':
      'data/photos --judge openai:gpt-6-luna --rectify --contrast 2',
    'Compare two editors, pair by pair':
      'runs/rewards --pairwise runs/control --judge openai:gpt-6-luna --max-cost 10',
    'Print the statistics as JSON': 'data/scenes --json',
  });

  static override args = { dataset: datasetArgument };

  static override flags = withVariables('annotate', {
    ...judgeFlags,
    ...batchFlags,
    ...viewFlags,
    ...scaleFlags,
    rewards: Flags.string({
      summary:
        'Journal for the answers; by default, in the dataset folder, rewards.jsonl, rewrites.jsonl with --rectify or --contrast, pairs-OTHER.jsonl with --pairwise.',
      helpValue: 'FILE',
    }),
    'dry-run': Flags.boolean({ summary: 'Estimate calls, tokens and cost without calling the judge.' }),
    rectify: Flags.boolean({
      summary: 'Instead of scores, ask for an instruction that describes what the two pictures really show.',
      exclusive: ['measure'],
    }),
    contrast: Flags.integer({
      summary: 'Instead of scores, ask for this many wrong instructions per triplet.',
      min: 1,
      max: 8,
      helpValue: 'N',
      exclusive: ['measure'],
    }),
    pairwise: Flags.string({
      summary:
        'Instead of scoring, compare each edit with the edit of the same id in this other dataset or `eval` run.',
      helpValue: 'OTHER',
      exclusive: ['measure', 'rectify', 'contrast', 'queue', 'shard', 'shards', 'adopt', 'difference-map'],
    }),
    measure: Flags.boolean({
      summary:
        'Also measure how well unedited regions were preserved: preserve.share, preserve.psnr, preserve.ssim.',
    }),
    'retry-quarantined': Flags.boolean({
      summary: 'Judge the triplets listed in quarantine.jsonl again.',
    }),
    adopt: Flags.boolean({
      summary:
        'Keep rewards by other judges in the journal, such as imported ones, and judge only the remaining triplets.',
    }),
    'keep-changed': Flags.boolean({
      summary:
        'Keep answers about triplets whose instruction or pictures have changed since, instead of judging them again.',
    }),
  });

  protected async work(
    { dataset: path }: ArgumentsOf<typeof Annotate>,
    options: OptionsOf<typeof Annotate>,
  ): Promise<AnnotateReport | RewriteReport | PairwiseReport | CostEstimate> {
    const { ledgerPath, rewardsPath, rewritesPath } = await import('@rewardedit/annotate');
    const { pairwise } = options;
    const pairs = pairwise === undefined ? undefined : await openPairs(path, pairwise, options.rewards);
    const { dataset, triplets } =
      pairs === undefined
        ? await openFilledDataset(path)
        : { dataset: pairs.dataset, triplets: pairs.dataset.count };
    const { rectify, contrast = 0, batch, adopt, 'dry-run': dryRun } = options;
    const { 'retry-quarantined': retryQuarantined, 'keep-changed': keepChanged } = options;
    const rewrite = rectify || contrast > 0 ? { rectify, contrast } : undefined;
    const journal =
      pairs?.journal ?? options.rewards ?? (rewrite === undefined ? rewardsPath : rewritesPath)(dataset);
    await assertKnownToWorkers(options);
    const command = this.context();
    const plan = await planAnnotation(options, { dataset, triplets, rewards: journal, command });
    // All shards of a dataset, and all its journals, share one ledger.
    const ledger = ledgerPath(pairs?.journal ?? options.rewards ?? rewardsPath(dataset));
    const isOfPairs = pairs !== undefined;
    const choice = { ...judgeChoice(options, plan.rewards, isOfPairs), ledger, ...(rewrite && { rewrite }) };
    const found = this.foundConfigOf('judge');
    if (found !== undefined) this.note(`The judge ${choice.judge} is set in ${found}.`);
    const access = await this.access(choice.judge, options);
    const asked = { retryQuarantined, adopt, keepChanged };
    const conclude = async (summary: AnnotateSummary, opened: OpenedJudge) => {
      const concluded = { summary, plan, opened, dataset, path };
      if (pairs !== undefined) return concludePairs(pairs, summary, opened, command);
      return rewrite === undefined
        ? concludeScores(concluded, command)
        : concludeRewrites(concluded, journal, command);
    };
    const judge = (opened: OpenedJudge, includes?: (id: string) => boolean) =>
      judgeAll(command.longWork, plan, opened, { ...asked, choice, includes, measure: options.measure });
    if (dryRun) return this.estimate(dataset, plan.rewards, { choice, access, batch, ...asked });
    if (batch) {
      await this.beginRunBeside(plan.rewards, false);
      const { summary, opened } = await annotateInBatches({
        ...{ dataset, triplets, rewards: plan.rewards, choice, access, wait: options.wait, ...asked },
        ...{ judgeAll: judge, command },
      });
      return conclude(summary, opened);
    }
    return withJudge(choice, access, command.note, async (opened) => {
      const { assertNothingUnderWay } = await import('@rewardedit/annotate');
      // A batch over the whole dataset may include triplets of this shard.
      for (const answers of new Set([plan.rewards, journal]))
        await assertNothingUnderWay(answers, opened.models);
      await this.beginRunBeside(plan.rewards, !existsSync(plan.rewards));
      return conclude(await judge(opened), opened);
    });
  }

  /** Neither an estimate nor a run through a queue calls a server from this process, so neither needs an API key. */
  private async access(judge: string, options: OptionsOf<typeof Annotate>): Promise<Access> {
    const { withoutKeys } = await import('@rewardedit/annotate');
    const access = await judgeAccess([judge], options, (name) => this.isTyped(name));
    return options['dry-run'] || options.queue !== undefined ? withoutKeys(access) : access;
  }

  private async estimate(
    dataset: Pick<Dataset, 'triplets' | 'resolve'>,
    rewards: string,
    { choice, access, batch, adopt, retryQuarantined: retry, keepChanged }: EstimateOptions,
  ): Promise<CostEstimate> {
    const { createJudge, estimateCost, readEarlierAnswers, withoutChanged } =
      await import('@rewardedit/annotate');
    const opened = await createJudge(choice, access);
    try {
      const { judge, models } = opened;
      await warnOfRetirement(opened, (message) => this.note(message));
      const earlier = await readEarlierAnswers(rewards, judge, { retry, adopt });
      const { answered } = keepChanged ? earlier : await withoutChanged(earlier, dataset, judge);
      const estimate = await estimateCost({ dataset, models, batch, includes: (id) => !answered.has(id) });
      this.log(formatEstimate(estimate));
      return estimate;
    } finally {
      await opened.close();
    }
  }
}

type EstimateOptions = { readonly choice: JudgeChoice; readonly access: Access } & Readonly<
  Record<'retryQuarantined' | 'adopt' | 'keepChanged' | 'batch', boolean>
>;

async function assertKnownToWorkers({ queue, protocol }: OptionsOf<typeof Annotate>): Promise<void> {
  const { isProtocolName } = await import('@rewardedit/annotate');
  if (queue === undefined || protocol === undefined || isProtocolName(protocol)) return;
  throw new RewardEditError('usage', 'queue workers only accept protocols by name, not from a file', {
    where: '--protocol',
    hint: 'run without --queue, or split the work with --shard',
  });
}
