import { existsSync } from 'node:fs';
import { Args, Flags } from '@oclif/core';
import type {
  Amount,
  AnnotateOptions,
  Answer,
  AnnotateSummary,
  CostEstimate,
  OpenedJudge,
  Spending,
} from '@rewardedit/annotate';
import type { Perspective, Reward } from '@rewardedit/core';
import type { Dataset } from '@rewardedit/data';
import { planAnnotation, scaleFlags, type AnnotationPlan } from '../judging/annotation-plan.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../running/base-command.ts';
import { annotateInBatches, batchFlags } from '../judging/batch-annotate.ts';
import { openFilledDataset } from '../datasets/filled-dataset.ts';
import { withVariables } from '../flags/flags.ts';
import { formatEstimate, formatSpending } from '../output/format-spending.ts';
import { judgeAccess } from '../flags/judge-access.ts';
import { judgeChoice, judgeFlags } from '../flags/judge-flags.ts';
import { judgeAll, warnOfRetirement } from '../judging/judging.ts';
import type { ScoreStatistics } from '../output/score-statistics.ts';
import { trainNext } from '../output/next-command.ts';
import { shellWord } from '../output/shell-word.ts';
import { formatTable } from '../output/table.ts';
import { concludePairs, openPairs, type PairwiseReport } from '../judging/pairwise.ts';
import { viewFlags } from '../flags/view-flags.ts';

export type AnnotateReport = AnnotateSummary & {
  readonly rewards: string;
  readonly triplets: number;
  readonly judge: { readonly name: string; readonly version: string };
  readonly scores: Readonly<Record<Perspective, ScoreStatistics>>;
  readonly spending?: Spending;
  /** By all processes of the run, on any day. */
  readonly spentByRun?: Amount;
};

export type RewriteReport = AnnotateSummary & {
  /** The journal of instructions. */
  readonly rewrites: string;
  readonly triplets: number;
  readonly rectified: number;
  readonly wrong: number;
  /** Triplets for which none was given. */
  readonly missing: number;
  readonly judge: { readonly name: string; readonly version: string };
  readonly spending?: Spending;
  readonly spentByRun?: Amount;
};

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
      description: 'Score at half the price, within a day: hand in, then collect with the same command',
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
    dataset: Args.string({
      description: 'Dataset folder, or a .jsonl file of the same form.',
      required: true,
      ignoreStdin: true,
    }),
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
    const {
      assertNothingUnderWay,
      createJudge,
      isProtocolName,
      ledgerPath,
      rewardsPath,
      rewritesPath,
      withoutKeys,
    } = await import('@rewardedit/annotate');
    const { rectify, contrast = 0, pairwise } = options;
    const pairs = pairwise === undefined ? undefined : await openPairs(path, pairwise, options.rewards);
    const { dataset, triplets } =
      pairs === undefined
        ? await openFilledDataset(path)
        : { dataset: pairs.dataset, triplets: pairs.dataset.count };
    const rewrite = rectify || contrast > 0 ? { rectify, contrast } : undefined;
    const answersPath =
      pairs?.journal ?? options.rewards ?? (rewrite === undefined ? rewardsPath : rewritesPath)(dataset);
    if (options.queue !== undefined && !isProtocolName(judgeChoice(options, answersPath).protocol)) {
      const { RewardEditError } = await import('@rewardedit/core');
      throw new RewardEditError('usage', 'workers of a queue know the protocols by name, and read no file', {
        where: '--protocol',
        hint: 'judge without --queue, or spread the work with --shard',
      });
    }
    const plan = await planAnnotation(options, {
      ...{
        dataset,
        triplets,
        rewards: answersPath,
        version: this.config.version,
      },
      words: ['annotate', ...this.argv],
      note: (message) => this.note(message),
    });
    // One for all shards of a dataset, whatever is asked for.
    const ledger = ledgerPath(pairs?.journal ?? options.rewards ?? rewardsPath(dataset));
    const choice = {
      ...judgeChoice(options, plan.rewards, pairs !== undefined),
      ledger,
      ...(rewrite && { rewrite }),
    };
    const { batch, wait, adopt, 'dry-run': dryRun } = options;
    const { 'retry-quarantined': retryQuarantined, 'keep-changed': keepChanged } = options;
    // An estimate asks nobody, and with a queue only its workers ask: neither needs a key.
    const found = this.foundConfigOf('judge');
    if (found !== undefined) this.note(`The judge ${choice.judge} was chosen by ${found}.`);
    const needsKeys = !dryRun && options.queue === undefined;
    const ownAccess = await judgeAccess([choice.judge], options, (name) => this.isTyped(name));
    const access = needsKeys ? ownAccess : withoutKeys(ownAccess);
    const conclude = (summary: AnnotateSummary, opened: OpenedJudge) => {
      if (pairs !== undefined)
        return concludePairs(pairs, summary, opened, {
          log: (text) => this.log(text),
          note: (text) => this.note(text),
        });
      return rewrite === undefined
        ? this.conclude(summary, plan, dataset, opened, path)
        : this.concludeRewrites(summary, plan, opened, {
            path,
            journal: answersPath,
          });
    };
    const judge = (opened: OpenedJudge, includes?: (id: string) => boolean) =>
      judgeAll((phase, work) => this.longWork(phase, work), plan, opened, {
        ...{ choice, retryQuarantined, adopt, keepChanged, includes },
        measure: options.measure,
      });
    if (batch && !dryRun) {
      await this.beginRunBeside(plan.rewards, false);
      const { summary, opened } = await annotateInBatches({
        ...{ dataset, rewards: plan.rewards, choice, access, wait, judgeAll: judge },
        ...{ retryQuarantined, adopt, keepChanged },
        longWork: (work) => this.longWork({ phase: 'Preparing', unit: 'triplets', total: triplets }, work),
        onOpened: (ready) => this.prepare(ready),
        log: (text) => this.log(text),
      });
      return conclude(summary, opened);
    }
    const opened = await createJudge(choice, access);
    try {
      if (dryRun) {
        await warnOfRetirement(opened, (message) => this.note(message));
        return await this.estimate(dataset, plan.rewards, opened, {
          retry: retryQuarantined,
          adopt,
          keepChanged,
          batch,
        });
      }
      await this.prepare(opened);
      // A shard may hold triplets that a batch of the whole dataset asks about.
      for (const answers of new Set([plan.rewards, answersPath]))
        await assertNothingUnderWay(answers, opened.models);
      await this.beginRunBeside(plan.rewards, !existsSync(plan.rewards));
      return await conclude(await judge(opened), opened);
    } finally {
      await opened.close();
    }
  }

  /** Keeps the budget with the run before anything is asked, and tells what there is to know first. */
  private async prepare(opened: OpenedJudge): Promise<void> {
    const { keepHeapSmall } = await import('@rewardedit/core');
    if (opened.models.length > 0) keepHeapSmall();
    await warnOfRetirement(opened, (message) => this.note(message));
    const notice = await opened.keepBudget?.();
    if (notice !== undefined) this.note(notice);
  }

  private async estimate(
    dataset: AnnotateOptions['dataset'],
    rewards: string,
    { judge, models }: OpenedJudge,
    { keepChanged, batch, ...asked }: Readonly<Record<'retry' | 'adopt' | 'keepChanged' | 'batch', boolean>>,
  ): Promise<CostEstimate> {
    const { estimateCost, readEarlierAnswers, withoutChanged } = await import('@rewardedit/annotate');
    const earlier = await readEarlierAnswers(rewards, judge, asked);
    const { answered } = keepChanged ? earlier : await withoutChanged(earlier, dataset, judge);
    const estimate = await estimateCost({ dataset, models, batch, includes: (id) => !answered.has(id) });
    this.log(formatEstimate(estimate));
    return estimate;
  }

  private async concludeRewrites(
    summary: AnnotateSummary,
    { rewards, triplets }: AnnotationPlan,
    { judge: { name, version }, spending, spentByRun }: OpenedJudge,
    { path, journal }: { path: string; journal: string },
  ): Promise<RewriteReport> {
    const { quarantinePath, readRewrites } = await import('@rewardedit/annotate');
    const found = [...(await readRewrites(rewards)).values()];
    const rectified = found.filter((one) => one.rectified !== undefined).length;
    const wrong = found.reduce((sum, one) => sum + (one.wrong?.length ?? 0), 0);
    const missing = triplets - found.length;
    this.log(
      `${rewards} has ${rectified} rectified and ${wrong} wrong instructions for ${found.length} of ${triplets} triplets.`,
    );
    const used = spending?.();
    const run = await spentByRun?.();
    if (used !== undefined && used.calls + used.stored > 0) this.log(`Used: ${formatSpending(used, run)}.`);
    if (missing > 0) {
      const { EXIT_CODES } = await import('@rewardedit/core');
      process.exitCode = EXIT_CODES.partial;
      this.logToStderr(`${missing} of ${triplets} triplets have none: ${quarantinePath(rewards)} says why.`);
    }
    if (rectified > 0) this.suggestNext(rewritesNext(path, journal, rewards !== journal));
    return {
      ...{ rewrites: rewards, triplets, ...summary, rectified, wrong, missing, judge: { name, version } },
      ...(used !== undefined && { spending: used }),
      ...(run !== undefined && { spentByRun: run }),
    };
  }

  private async conclude(
    summary: AnnotateSummary,
    { rewards, triplets, next }: AnnotationPlan,
    dataset: Pick<Dataset, 'triplets'>,
    { judge: { name, version }, spending, spentByRun }: OpenedJudge,
    path: string,
  ): Promise<AnnotateReport> {
    const { EXIT_CODES, PERSPECTIVES, PERSPECTIVE_TITLES } = await import('@rewardedit/core');
    const { quarantinePath, readAnswers } = await import('@rewardedit/annotate');
    const { scoreStatistics } = await import('../output/score-statistics.ts');
    const scores = await scoreStatistics(rewardsOf(dataset, readAnswers(rewards)), triplets);
    const rows = PERSPECTIVES.map((perspective) => {
      const { mean, deviation, count, missing } = scores[perspective];
      return [
        PERSPECTIVE_TITLES[perspective],
        mean?.toFixed(2) ?? '-',
        deviation?.toFixed(2) ?? '-',
        count,
        missing,
      ];
    });
    this.log(formatTable(['perspective', 'mean', 'spread', 'N', 'missing'], rows));
    this.log(`\nThe rewards are in ${rewards}.`);
    const used = spending?.();
    const run = await spentByRun?.();
    if (used !== undefined && used.calls + used.stored > 0) this.log(`Used: ${formatSpending(used, run)}.`);
    const missing = Math.max(...PERSPECTIVES.map((perspective) => scores[perspective].missing));
    if (missing > 0) {
      process.exitCode = EXIT_CODES.partial;
      this.logToStderr(
        `${missing} of ${triplets} triplets have no full reward: ${quarantinePath(rewards)} says why. ` +
          'The same command with --retry-quarantined asks about them again.',
      );
    }
    if (missing < triplets) this.suggestNext(next(path));
    return {
      ...{ rewards, triplets, ...summary },
      judge: { name, version },
      scores,
      ...(spending !== undefined && { spending: spending() }),
      ...(run !== undefined && { spentByRun: run }),
    };
  }
}

/** Shards are put together first. */
function rewritesNext(path: string, journal: string, isShard: boolean): string {
  return isShard
    ? `data merge ${shellWord(path)} --rewards ${shellWord(journal)}`
    : `${trainNext(path)} --instructions rectified --stage 1`;
}

/** The rewards of a dataset's triplets; the journal may hold answers about others, which are no longer in it. */
async function* rewardsOf(
  dataset: Pick<Dataset, 'triplets'>,
  answers: AsyncIterable<Answer>,
): AsyncGenerator<Reward> {
  const ids = new Set<string>();
  for await (const { id } of dataset.triplets()) ids.add(id);
  for await (const answer of answers) if ('reward' in answer && ids.has(answer.id)) yield answer.reward;
}
