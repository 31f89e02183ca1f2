import { constants, setPriority } from 'node:os';
import { basename, dirname, resolve } from 'node:path';
import { Args, Flags } from '@oclif/core';
import { RewardEditError } from '@rewardedit/core/errors';
import type { RunState } from '@rewardedit/core';
import type { FoundRun } from '@rewardedit/tui';
import { examples } from '../flags/examples.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../running/base-command.ts';
import { numberFlag, screenReaderFlag, withVariables } from '../flags/flags.ts';
import { canShowScreens, loadScreens } from '../running/open-screen.ts';
import { formatTable } from '../output/table.ts';

type WatchReport = {
  readonly runs: readonly {
    readonly folder: string;
    readonly run: string | null;
    readonly command: string | null;
    readonly status: string;
    readonly step: number | null;
    readonly metrics: Readonly<Record<string, number>>;
  }[];
};

export default class Watch extends BaseCommand<typeof Watch> {
  static override summary = 'Watch a run, in progress or finished.';

  static override description = `Shows a run on a live screen: progress, curves, pictures, scores, cost, system and log. It only reads the events in the run folder, so
it works from another terminal, or from another machine that shares the file system, and closing it does not affect the run. By default it
shows the newest run in or below the current folder. Several runs are overlaid; a folder of runs becomes a list to choose from. Without a
terminal, one run is followed as plain lines, and several are printed as a table; with --json, prints the current state.`;

  static override examples = examples({
    'The newest run': '',
    'Replay a finished run at ten times its speed': 'runs/first --speed 10',
    'Overlay two runs': 'runs/first runs/second',
  });

  static override args = {
    runs: Args.string({
      description: 'Run folders, or a folder that contains runs.',
      multiple: true,
      ignoreStdin: true,
    }),
  };

  static override flags = {
    ...withVariables('watch', {
      speed: numberFlag({
        summary:
          'Replay the run from its beginning at this multiple of its speed, instead of showing its current state.',
        min: 0.01,
        max: 1e6,
      }),
      'screen-reader': screenReaderFlag(),
    }),
    // Passed by a command that opens the screen for its own run.
    attached: Flags.boolean({ hidden: true }),
  };

  protected async work(
    { runs = [] }: ArgumentsOf<typeof Watch>,
    { speed, attached, json, 'screen-reader': isSpoken }: OptionsOf<typeof Watch>,
  ): Promise<WatchReport> {
    const { findRuns, isRunFolder, openWatch } = await loadScreens();
    const named = runs.map((path) => resolve(basename(path) === 'events.jsonl' ? dirname(path) : path));
    const areRuns = attached || (await Promise.all(named.map(isRunFolder))).every(Boolean);
    if (named.length > 1 && !areRuns) throw notAllRuns();
    const root = named[0] ?? process.cwd();
    const found = named.length > 0 && areRuns ? [] : await findRuns(root);
    if (found.length === 0 && (named.length === 0 || !areRuns)) throw noRuns(root);
    const [newest] = found;
    const folders = named.length === 0 ? [newest.folder] : areRuns ? named : [];
    if (!json && canShowScreens()) {
      // The run that is watched has priority.
      setPriority(constants.priority.PRIORITY_LOW);
      // The process that opened this screen has ended.
      process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
      await openWatch({ root, folders, speed, isSpoken });
      return { runs: [] };
    }
    if (json || folders.length !== 1) {
      const all = folders.length > 0 ? await Promise.all(folders.map(stateIn)) : found;
      this.log(formatRuns(all));
      return { runs: all.map(summarized) };
    }
    const state = await this.follow(folders[0], speed);
    return { runs: [summarized({ folder: folders[0], state })] };
  }

  /** Prints plain lines until the run ends, or Ctrl-C. */
  private async follow(folder: string, speed: number | undefined): Promise<RunState> {
    const { openFeed } = await loadScreens();
    const { showProgress } = await import('../output/progress.ts');
    const feed = openFeed(folder, { speed });
    const endProgress = showProgress({
      get state() {
        return feed.state();
      },
      subscribe: (listener) => feed.subscribe(() => listener(feed.state())),
    });
    await Promise.race([feed.ended, endOf(feed)]);
    feed.close();
    endProgress();
    const trouble = feed.trouble();
    if (trouble !== undefined) {
      throw new RewardEditError('failed', trouble, { where: folder });
    }
    const { status, ending } = feed.state();
    this.log([`The run ended: ${status}`, ending?.message].filter((part) => part !== undefined).join('. '));
    return feed.state();
  }
}

function endOf(feed: { state(): RunState; subscribe(listener: () => void): () => void }): Promise<void> {
  return new Promise((done) => {
    const look = () => {
      if (feed.state().status !== 'running') done();
    };
    feed.subscribe(look);
    look();
  });
}

async function stateIn(folder: string): Promise<Pick<FoundRun, 'folder' | 'state'>> {
  const { EVENTS_FILE, INITIAL_STATE, readEvents, reduceRun } = await import('@rewardedit/core');
  let state = INITIAL_STATE;
  for await (const events of readEvents(`${folder}/${EVENTS_FILE}`)) state = events.reduce(reduceRun, state);
  return { folder, state };
}

function summarized({ folder, state }: Pick<FoundRun, 'folder' | 'state'>): WatchReport['runs'][number] {
  return {
    folder,
    run: state.run ?? null,
    command: state.command ?? null,
    status: state.status,
    step: state.step ?? null,
    metrics: Object.fromEntries(Object.entries(state.metrics).map(([name, { last }]) => [name, last])),
  };
}

function formatRuns(runs: readonly Pick<FoundRun, 'folder' | 'state'>[]): string {
  const rows = runs.map(({ folder, state }) => [
    folder,
    state.command ?? '-',
    state.status,
    state.step ?? '-',
  ]);
  return formatTable(['run', 'command', 'status', 'step'], rows);
}

function notAllRuns(): RewardEditError {
  return new RewardEditError('bad-input', 'with several folders, each has to be a run folder', {
    hint: 'give run folders, or a single folder that contains runs',
  });
}

function noRuns(root: string): RewardEditError {
  return new RewardEditError('bad-input', 'there are no runs in or below this folder', {
    where: root,
    hint: 'give a run folder, such as that of `train --out`; docs/runs.md lists where other commands keep their runs',
  });
}
