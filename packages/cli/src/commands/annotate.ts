import { Args, Flags } from '@oclif/core';
import type { Answer, AnnotateSummary, Judge } from '@rewardedit/annotate';
import type { EventBody, Perspective, Reward } from '@rewardedit/core';
import type { Dataset } from '@rewardedit/data';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../base-command.ts';
import { openFilledDataset } from '../filled-dataset.ts';
import { withVariables } from '../flags.ts';
import type { ScoreStatistics } from '../score-statistics.ts';
import { shellWord } from '../shell-word.ts';
import { formatTable } from '../table.ts';

const JUDGES = ['oracle'] as const;

export type AnnotateReport = AnnotateSummary & {
  readonly rewards: string;
  readonly triplets: number;
  readonly scores: Readonly<Record<Perspective, ScoreStatistics>>;
};

export default class Annotate extends BaseCommand<typeof Annotate> {
  static override summary = 'Let a judge score every triplet of a dataset from three perspectives.';

  static override description = `A judge scores how well the instruction was followed, how well everything else was
preserved, and how good the picture is, each from 0 to 5, and says what failed. The answers go to rewards.jsonl in the
dataset folder, one line a triplet; those that are there already are not asked for again. A triplet that cannot be judged
gets no score, never a guessed one; the exit code is then 68.

The judge "oracle" measures on the pixels how far an edit is from the true one, for datasets that have it, such as those of
\`rewardedit data\`.`;

  static override examples = [
    {
      description: 'Score a dataset that was made here',
      command: '<%= config.bin %> <%= command.id %> data/scenes --judge oracle',
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
    judge: Flags.option({ summary: 'Who scores.', options: JUDGES, default: 'oracle' as const })(),
    concurrency: Flags.integer({ summary: 'Triplets that are judged at once.', default: 4, min: 1 }),
    'retry-quarantined': Flags.boolean({ summary: 'Ask again about the triplets that were set aside.' }),
  });

  protected async work(
    { dataset: path }: ArgumentsOf<typeof Annotate>,
    { judge, concurrency, 'retry-quarantined': retryQuarantined }: OptionsOf<typeof Annotate>,
  ): Promise<AnnotateReport> {
    const { annotate, readAnswers, rewardsPath } = await import('@rewardedit/annotate');
    const { scoreStatistics } = await import('../score-statistics.ts');
    const { dataset, triplets } = await openFilledDataset(path);
    const rewards = rewardsPath(dataset);
    const answers = await openJudge(judge);
    const summary = await this.longWork(
      { label: 'Judging', unit: 'triplets', total: triplets },
      async (progress, signal) => {
        let done = 0;
        const onEvent = (event: EventBody) => {
          if (event.type === 'quarantined') progress.note(`Set aside ${event.id}: ${event.reason}`);
          done = event.type === 'progress' ? event.done : done + 1;
          progress.update(done);
        };
        return annotate({ dataset, judge: answers, concurrency, retryQuarantined, signal, onEvent });
      },
    );
    const scores = await scoreStatistics(rewardsOf(dataset, readAnswers(rewards)), triplets);
    return this.conclude({ rewards, triplets, ...summary, scores }, path);
  }

  private async conclude(report: AnnotateReport, path: string): Promise<AnnotateReport> {
    const { EXIT_CODES, PERSPECTIVES, PERSPECTIVE_TITLES } = await import('@rewardedit/core');
    const { scores, rewards, triplets } = report;
    const rows = PERSPECTIVES.map((name) => {
      const { mean, deviation, count, missing } = scores[name];
      return [
        PERSPECTIVE_TITLES[name],
        mean?.toFixed(2) ?? '-',
        deviation?.toFixed(2) ?? '-',
        count,
        missing,
      ];
    });
    this.log(formatTable(['perspective', 'mean', 'spread', 'N', 'missing'], rows));
    this.log(`\nThe rewards are in ${rewards}.`);
    const missing = Math.max(...PERSPECTIVES.map((name) => scores[name].missing));
    if (missing > 0) {
      process.exitCode = EXIT_CODES.partial;
      this.logToStderr(
        `${missing} of ${triplets} triplets have no full reward: quarantine.jsonl beside the rewards says why. ` +
          'The same command with --retry-quarantined asks about them again.',
      );
    }
    this.suggestNext(`train ${shellWord(path)} --out runs/first`);
    return report;
  }
}

async function openJudge(name: (typeof JUDGES)[number]): Promise<Judge> {
  const { createOracle } = await import('@rewardedit/annotate');
  return { oracle: createOracle }[name]();
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
