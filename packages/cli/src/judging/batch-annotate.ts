import { Flags } from '@oclif/core';
import type {
  Access,
  AnnotateOptions,
  AnnotateSummary,
  JudgeChoice,
  OpenedJudge,
  WaitingBatch,
} from '@rewardedit/annotate';
import { formatDuration, printable } from '@rewardedit/core/text';
import { inGroup } from '../flags/flags.ts';
import { formatSpending } from '../output/format-spending.ts';
import { formatTable } from '../output/table.ts';
import type { CommandContext } from '../running/command-context.ts';
import { prepareJudge } from './with-judge.ts';

/** Whether a language model is called through the Batch API. */
export const batchFlags = inGroup('Batch', {
  batch: Flags.boolean({
    summary:
      'Use the Batch API, which is cheaper and replies within a day; run the same command again to collect replies.',
    exclusive: ['shard', 'shards', 'queue'],
  }),
  wait: Flags.boolean({
    summary: 'With --batch, wait until all replies are collected, instead of exiting with code 69.',
    dependsOn: ['batch'],
  }),
});

export type BatchAnnotateOptions = {
  readonly dataset: AnnotateOptions['dataset'];
  /** Journal for the answers. */
  readonly rewards: string;
  readonly choice: JudgeChoice & { readonly ledger: string };
  readonly access: Access;
  readonly retryQuarantined: boolean;
  readonly adopt: boolean;
  readonly keepChanged: boolean;
  readonly wait: boolean;
  /** Number of triplets in the dataset. */
  readonly triplets: number;
  readonly command: CommandContext;
  /** Judges the triplets that are included, by default all. */
  judgeAll(opened: OpenedJudge, includes?: (id: string) => boolean): Promise<AnnotateSummary>;
};

/**
 * Judges triplets through the Batch API, as far as replies are ready. Throws 'pending', after listing the batches, if some have not
 * ended, and 'exhausted' if a budget held requests back.
 */
export async function annotateInBatches(
  options: BatchAnnotateOptions,
): Promise<{ readonly summary: AnnotateSummary; readonly opened: OpenedJudge }> {
  const { createJudge, openBatchJournal, runBatches, whyUnfinished } = await import('@rewardedit/annotate');
  const { dataset, rewards, choice, wait, retryQuarantined, adopt, keepChanged, command } = options;
  const journal = await openBatchJournal(rewards);
  try {
    const opened = await createJudge(choice, options.access, journal);
    try {
      await prepareJudge(opened, command.note);
      const { judge, models } = opened;
      const phase = { phase: 'Preparing', unit: 'triplets', total: options.triplets };
      const outcome = await command.longWork(phase, ({ emit, signal }) =>
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
        if (waiting.length > 0) command.log(formatWaiting(waiting, Date.now()));
        if (spent.calls > 0)
          command.log(`Used so far: ${formatSpending(spent, await opened.spentByRun?.())}.`);
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
