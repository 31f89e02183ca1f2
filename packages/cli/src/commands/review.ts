import { Flags } from '@oclif/core';
import { examples } from '../flags/examples.ts';
import { datasetArgument } from '../flags/arguments.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../running/base-command.ts';
import { openFilledDataset } from '../datasets/filled-dataset.ts';
import { rewardsFlag, withVariables } from '../flags/flags.ts';
import { interruptible } from '../running/interrupt.ts';

const HIGHEST_PORT = 65_535;

export type ReviewReport = {
  readonly url: string;
  readonly triplets: number;
  /** Changes that were saved while the page was open. */
  readonly saved: number;
  /** Triplets with human corrections so far. */
  readonly corrected: number;
  readonly corrections: string;
};

export default class Review extends BaseCommand<typeof Review> {
  static override summary = 'Review triplets and their scores in a browser, and correct the scores.';

  static override description = `Serves a page, to this machine only, that filters, sorts and searches triplets, compares their pictures, and shows the judge's answers.
A correction is saved immediately in corrections.jsonl next to the judge's answers, which stay unchanged; \`train\` and all other commands
prefer corrections over answers. Ctrl-C stops the server.

The URL is printed on stdout; with --json it goes to stderr, and stdout gets one document at the end. The page shows the answers that
existed when the command started. To review a dataset on another machine, start the command there with --port 8123, and run
\`ssh -L 8123:127.0.0.1:8123 MACHINE\` here; the URL stays the same.`;

  static override examples = examples({
    'Review a dataset': 'data/scenes',
    'On a fixed port, without opening a browser': 'data/scenes --port 8123 --no-open',
  });

  static override args = { dataset: datasetArgument };

  static override flags = withVariables('review', {
    port: Flags.integer({
      summary: 'Port on 127.0.0.1; 0 picks a free one.',
      default: 0,
      min: 0,
      max: HIGHEST_PORT,
    }),
    'no-open': Flags.boolean({
      summary: 'Do not open a browser, as is done on a terminal with a display.',
    }),
    rewards: rewardsFlag(),
  });

  protected async work(
    { dataset: path }: ArgumentsOf<typeof Review>,
    { port, 'no-open': noOpen, rewards: named }: OptionsOf<typeof Review>,
  ): Promise<ReviewReport> {
    const { correctionsPath, rewardsPath } = await import('@rewardedit/annotate');
    const { openReview, serveReview } = await import('@rewardedit/review');
    const { dataset, triplets } = await openFilledDataset(path);
    const journal = named ?? rewardsPath(dataset);
    if (named !== undefined) await assertFile(named);
    const review = await this.longWork(
      { phase: 'Reading', unit: 'triplets', total: triplets },
      ({ emit, signal }) => openReview({ dataset, journal, signal, emit }),
    );
    const server = await serveReview(review, {
      port,
      onError: (error) => this.note(`A request from the page failed: ${String(error)}`),
    });
    await interruptible(
      async (signal) => {
        if (this.jsonEnabled()) this.note(server.url);
        else this.log(server.url);
        if (!noOpen && process.stderr.isTTY) await this.openPage(server.urlForOnce);
        await untilAborted(signal);
      },
      () => this.note('Stopping.'),
    );
    await server.close();
    await review.close();
    const { saved, corrected } = review.counts();
    const corrections = correctionsPath(journal);
    const changes = saved === 1 ? '1 change' : `${saved} changes`;
    this.log(`${changes} saved. ${corrected} of ${triplets} triplets are corrected, in ${corrections}.`);
    return { url: server.url, triplets, saved, corrected, corrections };
  }

  private async openPage(urlForOnce: () => string): Promise<void> {
    const { browserOpener, openInBrowser } = await import('../output/open-in-browser.ts');
    const opener = browserOpener();
    if (opener === undefined) return;
    openInBrowser(urlForOnce(), opener, () =>
      this.note('No browser could be opened: open the URL above yourself. Ctrl-C stops the server.'),
    );
  }
}

async function assertFile(path: string): Promise<void> {
  const { stat } = await import('node:fs/promises');
  const { fromSystemError } = await import('@rewardedit/core');
  await stat(path).catch((error: unknown) => {
    throw fromSystemError(error, { doing: 'read the journal', path });
  });
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
