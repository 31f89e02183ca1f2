import { Flags } from '@oclif/core';
import type {
  Access,
  AnnotateOptions,
  AnnotateSummary,
  JudgeChoice,
  OpenedJudge,
  WaitingBatch,
} from '@rewardedit/annotate';
import type { Emit } from '@rewardedit/core';
import { formatDuration, printable } from '@rewardedit/core/text';
import { formatSpending } from '../output/format-spending.ts';
import { formatTable } from '../output/table.ts';

const BATCHES = 'Batches';

/** The options that say whether a language model is asked in batches. */
export const batchFlags = {
  batch: Flags.boolean({
    summary: 'Ask over the Batch API: for less money, within a day; the same command collects what is ready.',
    helpGroup: BATCHES,
    exclusive: ['shard', 'shards', 'queue'],
  }),
  wait: Flags.boolean({
    summary: 'With --batch, wait until all is collected instead of ending with exit code 69.',
    dependsOn: ['batch'],
    helpGroup: BATCHES,
  }),
};

export type BatchAnnotateOptions = {
  readonly dataset: AnnotateOptions['dataset'];
  /** The journal of answers. */
  readonly rewards: string;
  readonly choice: JudgeChoice & { readonly ledger: string };
  readonly access: Access;
  readonly retryQuarantined: boolean;
  readonly adopt: boolean;
  readonly keepChanged: boolean;
  readonly wait: boolean;
  /** Told of the judge before anything is asked. */
  onOpened(opened: OpenedJudge): Promise<void>;
  /** Runs long work that is about the dataset's triplets. */
  longWork<Result>(work: (emit: Emit, signal: AbortSignal) => Promise<Result>): Promise<Result>;
  /** Lets the judge answer for the triplets that are included, all by default. */
  judgeAll(opened: OpenedJudge, includes?: (id: string) => boolean): Promise<AnnotateSummary>;
  log(text: string): void;
};

/**
 * Has triplets judged by models that are asked in batches, as far as that goes now. Throws 'pending' where batches are not over
 * yet, after it has listed them, and 'exhausted' where a budget kept something back.
 */
export async function annotateInBatches(
  options: BatchAnnotateOptions,
): Promise<{ readonly summary: AnnotateSummary; readonly opened: OpenedJudge }> {
  const { createJudge, openBatchJournal, runBatches, whyUnfinished } = await import('@rewardedit/annotate');
  const { dataset, rewards, choice, wait, retryQuarantined, adopt, keepChanged, log } = options;
  const journal = await openBatchJournal(rewards);
  try {
    const opened = await createJudge(choice, options.access, journal);
    try {
      await options.onOpened(opened);
      const { judge, models } = opened;
      const outcome = await options.longWork((emit, signal) =>
        runBatches({
          ...{ dataset, answers: rewards, judge, models, journal, wait, signal },
          ...{ retryQuarantined, adopt, keepChanged },
          budget: opened.budget ?? {},
          ledger: choice.ledger,
          emit,
        }),
      );
      const { settled, waiting } = outcome;
      const { spent } = journal;
      const unfinished = whyUnfinished(outcome, journal);
      if (unfinished !== undefined) {
        if (settled.size > 0) await options.judgeAll(opened, (id) => settled.has(id));
        if (waiting.length > 0) log(formatWaiting(waiting, Date.now()));
        if (spent.calls > 0) log(`Used so far: ${formatSpending(spent, await opened.spentByRun?.())}.`);
        throw unfinished;
      }
      const summary = await options.judgeAll(opened);
      await journal.note({ event: 'finished' });
      return { summary, opened: { ...opened, spending: () => spent } };
    } finally {
      await opened.close();
    }
  } finally {
    await journal.close();
  }
}

function formatWaiting(waiting: readonly WaitingBatch[], now: number): string {
  const rows = waiting.map(({ batch, model, status, requests, completed, since }) => [
    printable(batch ?? '-'),
    printable(model),
    printable(status),
    `${completed}/${requests}`,
    formatDuration((now - since) / 1000),
  ]);
  return formatTable(['batch', 'model', 'status', 'done', 'for'], rows);
}
