import { Args, Flags } from '@oclif/core';
import type { Answer, AnnotateSummary, CostEstimate, OpenedJudge, Spending } from '@rewardedit/annotate';
import type { EventBody, Perspective, Reward } from '@rewardedit/core';
import type { Dataset } from '@rewardedit/data';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../base-command.ts';
import { openFilledDataset } from '../filled-dataset.ts';
import { withVariables } from '../flags.ts';
import { formatDollars, formatEstimate, formatSpending } from '../format-spending.ts';
import { judgeChoice, judgeFlags, keySource } from '../judge-flags.ts';
import type { ScoreStatistics } from '../score-statistics.ts';
import { shellWord } from '../shell-word.ts';
import { formatTable } from '../table.ts';
import { oneLine } from '../terminal.ts';

export type AnnotateReport = AnnotateSummary & {
  readonly rewards: string;
  readonly triplets: number;
  readonly judge: { readonly name: string; readonly version: string };
  readonly scores: Readonly<Record<Perspective, ScoreStatistics>>;
  readonly spending?: Spending;
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
from those alone, without a key.`;

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
      description: 'Score with a model on a server of your own, three times each',
      command:
        '<%= config.bin %> <%= command.id %> data/photos --judge compatible:qwen2.5-vl --base-url http://127.0.0.1:8000/v1 --passes 3',
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
    rewards: Flags.string({
      summary: 'Where the answers go; rewards.jsonl in the dataset folder unless told.',
      helpValue: 'FILE',
    }),
    'dry-run': Flags.boolean({ summary: 'Only estimate calls, tokens and cost.' }),
    'retry-quarantined': Flags.boolean({ summary: 'Ask again about the triplets that were set aside.' }),
  });

  protected async work(
    { dataset: path }: ArgumentsOf<typeof Annotate>,
    options: OptionsOf<typeof Annotate>,
  ): Promise<AnnotateReport | CostEstimate> {
    const { createJudge, rewardsPath } = await import('@rewardedit/annotate');
    const { dataset, triplets } = await openFilledDataset(path);
    const rewards = options.rewards ?? rewardsPath(dataset);
    // An estimate sends nothing, so it needs no key.
    const keyOf = options['dry-run'] ? () => 'unused' : await keySource(options['api-key-file']);
    const opened = await createJudge(judgeChoice(options, rewards), keyOf);
    try {
      if (options['dry-run'])
        return await this.estimate(dataset, rewards, opened, options['retry-quarantined']);
      const summary = await this.judgeAll(dataset, rewards, triplets, opened, options['retry-quarantined']);
      return await this.conclude({ rewards, triplets, ...summary }, dataset, opened, path);
    } finally {
      await opened.close();
    }
  }

  private async judgeAll(
    dataset: Dataset,
    journal: string,
    total: number,
    { judge, inFlight, spending }: OpenedJudge,
    retryQuarantined: boolean,
  ): Promise<AnnotateSummary> {
    const { annotate } = await import('@rewardedit/annotate');
    return this.longWork({ label: 'Judging', unit: 'triplets', total }, async (progress, signal) => {
      let [done, before] = [0, 0];
      const onEvent = (event: EventBody) => {
        if (event.type === 'quarantined') progress.note(oneLine(`Set aside ${event.id}: ${event.reason}`));
        if (event.type === 'progress') before += event.done - done;
        done = event.type === 'progress' ? event.done : done + 1;
        progress.update(done, describeCost(spending?.(), done - before, total - before));
      };
      try {
        return await annotate({
          dataset,
          judge,
          journal,
          concurrency: inFlight,
          retryQuarantined,
          signal,
          onEvent,
        });
      } catch (error) {
        // What was spent is of interest however the run ended.
        if (spending !== undefined && spending().calls > 0)
          progress.note(`Used: ${formatSpending(spending())}`);
        throw error;
      }
    });
  }

  private async estimate(
    dataset: Dataset,
    rewards: string,
    { judge, models }: OpenedJudge,
    retry: boolean,
  ): Promise<CostEstimate> {
    const { estimateCost, readEarlierAnswers } = await import('@rewardedit/annotate');
    const { answered } = await readEarlierAnswers(rewards, judge, retry);
    const estimate = await estimateCost({ dataset, models, includes: (id) => !answered.has(id) });
    this.log(formatEstimate(estimate));
    return estimate;
  }

  private async conclude(
    summary: AnnotateSummary & { readonly rewards: string; readonly triplets: number },
    dataset: Dataset,
    { judge: { name, version }, spending }: OpenedJudge,
    path: string,
  ): Promise<AnnotateReport> {
    const { EXIT_CODES, PERSPECTIVES, PERSPECTIVE_TITLES } = await import('@rewardedit/core');
    const { readAnswers } = await import('@rewardedit/annotate');
    const { scoreStatistics } = await import('../score-statistics.ts');
    const { rewards, triplets } = summary;
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
    if (spending !== undefined) this.log(`Used: ${formatSpending(spending())}.`);
    const missing = Math.max(...PERSPECTIVES.map((perspective) => scores[perspective].missing));
    if (missing > 0) {
      process.exitCode = EXIT_CODES.partial;
      this.logToStderr(
        `${missing} of ${triplets} triplets have no full reward: quarantine.jsonl beside the rewards says why. ` +
          'The same command with --retry-quarantined asks about them again.',
      );
    }
    this.suggestNext(`train ${shellWord(path)} --out runs/first`);
    return {
      ...summary,
      judge: { name, version },
      scores,
      ...(spending !== undefined && { spending: spending() }),
    };
  }
}

/** What was spent, and what all will have cost at this rate. */
function describeCost(spending: Spending | undefined, done: number, total: number): string | undefined {
  if (spending?.dollars === undefined || spending.dollars === 0) return undefined;
  const forecast = done === 0 ? '' : ` of about ${formatDollars((spending.dollars / done) * total)}`;
  return `${formatDollars(spending.dollars)}${forecast}`;
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
