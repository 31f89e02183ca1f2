import { existsSync } from 'node:fs';
import { Flags } from '@oclif/core';
import type { Access, AnnotateSummary, CostEstimate, JudgeChoice, OpenedJudge } from '@rewardedit/annotate';
import { RewardEditError } from '@rewardedit/core/errors';
import type { Dataset } from '@rewardedit/data';
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
  type Told,
} from '../judging/conclude-annotation.ts';
import { judgeAll } from '../judging/judging.ts';
import { concludePairs, openPairs, type PairwiseReport } from '../judging/pairwise.ts';
import { prepareJudge, warnOfRetirement, withJudge } from '../judging/with-judge.ts';
import { formatEstimate } from '../output/format-spending.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../running/base-command.ts';

export default class Annotate extends BaseCommand<typeof Annotate> {
  static override summary = 'Let a judge score every triplet of a dataset from three perspectives.';

  static override description = `A judge scores how well the instruction was followed, how well everything else was
preserved, and how good the picture is, each from 0 to 5, and says what failed. The answers go to rewards.jsonl in the
dataset folder, one line a triplet; those that are there already are not asked for again. A triplet that cannot be judged
gets no score, never a guessed one: it is set aside in quarantine.jsonl, and the exit code is then 68.

The judge "oracle" measures on the pixels how far an edit is from the true one, for datasets that have it, such as those of
\`rewardedit data\`. A language model is asked over its API: openai:MODEL, azure:DEPLOYMENT, or compatible:MODEL for any server
that speaks OpenAI's API (vLLM, Ollama, LM Studio, llama.cpp) at --base-url. Its replies are kept; replay:openai:MODEL judges
from those alone, without a key.

With --rectify or --contrast, instructions are asked for in place of scores: one that says what the two pictures really show,
and ones that are wrong for them. They go to rewrites.jsonl in the dataset folder, and \`rewardedit train\` can use them.

With --pairwise OTHER, the judge says which of two edits of one original is better: that of the dataset, or that which OTHER has under
the same id. Each pair is shown in both orders. Printed are the win rate with its interval, ties, pairs of which the order decides, and
how far the judge prefers a place. The answers go to pairs-OTHER.jsonl in the dataset folder.`;

  static override examples = [
    {
      description: 'Score a dataset that was made here',
      command: '<%= config.bin %> <%= command.id %> data/scenes --judge oracle',
    },
    {
      description: 'What would it cost?',
      command: '<%= config.bin %> <%= command.id %> data/photos --judge openai:gpt-6-luna --dry-run',
    },
    {
      description: 'Score with a model at OpenAI, for ten dollars at most',
      command: '<%= config.bin %> <%= command.id %> data/photos --judge openai:gpt-6-luna --max-cost 10',
    },
    {
      description: 'Score at half the price, within a day: submit, then collect with the same command',
      command: '<%= config.bin %> <%= command.id %> data/photos --judge openai:gpt-6-luna --batch',
    },
    {
      description: 'Score with a model on a server of your own, three times each',
      command:
        '<%= config.bin %> <%= command.id %> data/photos --judge compatible:qwen2.5-vl --base-url http://127.0.0.1:8000/v1 --passes 3',
    },
    {
      description: 'Ask what each pair really shows, and for two wrong instructions, to train with them',
      command:
        '<%= config.bin %> <%= command.id %> data/photos --judge openai:gpt-6-luna --rectify --contrast 2',
    },
    {
      description: 'Which of two editors is better? Their edits of the same originals, pair by pair',
      command:
        '<%= config.bin %> <%= command.id %> runs/rewards --pairwise runs/control --judge openai:gpt-6-luna --max-cost 10',
    },
    {
      description: 'Read the statistics into a script',
      command: '<%= config.bin %> <%= command.id %> data/scenes --json',
    },
  ];

  static override args = {
    dataset: datasetArgument,
  };

  static override flags = withVariables('annotate', {
    ...judgeFlags,
    ...batchFlags,
    ...viewFlags,
    ...scaleFlags,
    rewards: Flags.string({
      summary:
        'File for the answers; in the dataset folder by default: rewards.jsonl, rewrites.jsonl with --rectify or --contrast, pairs-OTHER.jsonl with --pairwise.',
      helpValue: 'FILE',
    }),
    'dry-run': Flags.boolean({ summary: 'Only estimate calls, tokens and cost.' }),
    rectify: Flags.boolean({
      summary:
        'Ask for an instruction that says what each pair of pictures really shows, in place of scores.',
      exclusive: ['measure'],
    }),
    contrast: Flags.integer({
      summary: 'Ask for so many instructions that are wrong for each pair, in place of scores.',
      min: 1,
      max: 8,
      helpValue: 'N',
      exclusive: ['measure'],
    }),
    pairwise: Flags.string({
      summary:
        'Compare each edit with the one that this other dataset or run of `eval` has under the same id, in place of scores.',
      helpValue: 'OTHER',
      exclusive: ['measure', 'rectify', 'contrast', 'queue', 'shard', 'shards', 'adopt', 'difference-map'],
    }),
    measure: Flags.boolean({
      summary:
        'Also measure on the pixels how well each edit kept what it hardly changed: preserve.share, preserve.psnr, preserve.ssim.',
    }),
    'retry-quarantined': Flags.boolean({
      summary: 'Ask again about the triplets that were set aside in quarantine.jsonl.',
    }),
    adopt: Flags.boolean({
      summary:
        'Keep rewards of other judges, such as imported ones, that are in the file, and judge only the rest.',
    }),
    'keep-changed': Flags.boolean({
      summary:
        'Keep answers about triplets whose instruction or pictures have changed, instead of asking anew.',
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
    const note = (message: string) => this.note(message);
    const { version, words } = this.judgingCommand();
    const plan = await planAnnotation(options, { dataset, triplets, rewards: journal, version, words, note });
    // One for all shards of a dataset, whatever is asked for.
    const ledger = ledgerPath(pairs?.journal ?? options.rewards ?? rewardsPath(dataset));
    const isOfPairs = pairs !== undefined;
    const choice = { ...judgeChoice(options, plan.rewards, isOfPairs), ledger, ...(rewrite && { rewrite }) };
    const found = this.foundConfigOf('judge');
    if (found !== undefined) note(`The judge ${choice.judge} was chosen by ${found}.`);
    const access = await this.access(choice.judge, options);
    const asked = { retryQuarantined, adopt, keepChanged };
    const conclude = async (summary: AnnotateSummary, opened: OpenedJudge) => {
      const concluded = { summary, plan, opened, dataset, path };
      const told: Told = {
        log: (text) => this.log(text),
        note,
        endInPart: (message) => this.endInPart(message),
        suggestNext: (command) => this.suggestNext(command),
      };
      if (pairs !== undefined) return concludePairs(pairs, summary, opened, told);
      return rewrite === undefined
        ? concludeScores(concluded, told)
        : concludeRewrites(concluded, journal, told);
    };
    const judge = (opened: OpenedJudge, includes?: (id: string) => boolean) =>
      judgeAll((phase, work) => this.longWork(phase, work), plan, opened, {
        ...{ ...asked, choice, includes, measure: options.measure },
      });
    if (dryRun) return this.estimate(dataset, plan.rewards, { choice, access, batch, ...asked });
    if (batch) {
      await this.beginRunBeside(plan.rewards, false);
      const { summary, opened } = await annotateInBatches({
        ...{ dataset, rewards: plan.rewards, choice, access, wait: options.wait, judgeAll: judge, ...asked },
        longWork: (work) => this.longWork({ phase: 'Preparing', unit: 'triplets', total: triplets }, work),
        onOpened: (ready) => prepareJudge(ready, note),
        log: (text) => this.log(text),
      });
      return conclude(summary, opened);
    }
    return withJudge(choice, access, note, async (opened) => {
      const { assertNothingUnderWay } = await import('@rewardedit/annotate');
      // A shard may hold triplets that a batch of the whole dataset asks about.
      for (const answers of new Set([plan.rewards, journal]))
        await assertNothingUnderWay(answers, opened.models);
      await this.beginRunBeside(plan.rewards, !existsSync(plan.rewards));
      return conclude(await judge(opened), opened);
    });
  }

  /** An estimate asks nobody, and with a queue only its workers ask: neither needs a key. */
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
  throw new RewardEditError('usage', 'workers of a queue know the protocols by name, and read no file', {
    where: '--protocol',
    hint: 'judge without --queue, or spread the work with --shard',
  });
}
