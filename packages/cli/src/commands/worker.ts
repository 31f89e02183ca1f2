import { Flags } from '@oclif/core';
import type { WorkerSummary } from '@rewardedit/annotate/queue';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../running/base-command.ts';
import { withVariables } from '../flags/flags.ts';
import { accessFlags, judgeAccess } from '../flags/judge-access.ts';
import { judgeFlags } from '../flags/judge-flags.ts';
import { queueFlag } from '../flags/queue-flag.ts';
import { workerJudge } from '../judging/worker-judge.ts';
import { viewFlags } from '../flags/view-flags.ts';

export default class Worker extends BaseCommand<typeof Worker> {
  static override summary = 'Judge triplets for whoever annotates through a work queue.';

  static override description = `Takes triplets out of the queue that \`rewardedit annotate --queue\` fills, judges them and
gives the answers back. Start as many workers as you like, on as many machines; each has to see the dataset under the same
path, and has the keys of its judge in its own environment. A worker that is killed loses nothing: others take over what it
had begun. Ctrl-C or SIGTERM ends it after the triplets in flight.

Whoever can write to the queue decides which triplets are judged, but not by whom, where that judge is, or which files are
read: a worker takes part only in runs whose judge is one that --judge names, at --base-url, and whose dataset is in the
folder --data. A worker ends by itself where its judge can go on no longer, such as with a wrong key; the run that it worked
for ends with the same error.`;

  static override examples = [
    {
      description: 'Judge eight triplets at once, and wait for the next run when one is over',
      command: '<%= config.bin %> <%= command.id %> --queue redis://localhost:6379/0 --concurrency 8',
    },
    {
      description: 'Ask a model about the datasets in /shared',
      command:
        '<%= config.bin %> <%= command.id %> --queue redis://valkey:6379/0 --judge openai:gpt-6-luna --data /shared',
    },
    {
      description: 'End when nothing is left to do, as a job of a cluster should',
      command: '<%= config.bin %> <%= command.id %> --queue redis://valkey:6379/0 --until-empty',
    },
  ];

  static override flags = withVariables('worker', {
    queue: queueFlag({ required: true }),
    ...viewFlags,
    concurrency: Flags.integer({ summary: 'Triplets of a run that are judged at once.', default: 4, min: 1 }),
    judge: Flags.string({
      summary: 'Judge that this worker takes part for, as `annotate --judge` names it; may be repeated.',
      default: ['oracle'],
      helpValue: 'JUDGE',
      multiple: true,
      multipleNonGreedy: true,
    }),
    data: Flags.string({
      summary: 'Folder that datasets and their replies have to be in.',
      default: '.',
      helpValue: 'FOLDER',
    }),
    'base-url': judgeFlags['base-url'],
    ...accessFlags,
    'model-table': judgeFlags['model-table'],
    'cache-dir': Flags.string({
      summary: 'Cache of replies; that of the run by default.',
      helpValue: 'FOLDER',
      helpGroup: 'Language models',
    }),
    'until-empty': Flags.boolean({
      summary:
        'End when the runs are over, or there was nothing to judge for a minute, instead of waiting for more.',
    }),
  });

  protected async work(
    _arguments: ArgumentsOf<typeof Worker>,
    options: OptionsOf<typeof Worker>,
  ): Promise<WorkerSummary> {
    const { runWorker } = await import('@rewardedit/annotate/queue');
    const { queue, concurrency, judge: judges, data: dataRoot, 'until-empty': untilEmpty } = options;
    const access = await judgeAccess(judges, options, (name) => this.isTyped(name));
    await this.beginRunApart();
    const summary = await this.longWork(
      { phase: 'Judging', unit: 'triplets', requests: ['pause'] },
      (emit, signal, requests) => {
        emit({ type: 'log', message: `Taking triplets from ${queue.shown}.` });
        const createJudge = workerJudge({
          ...{ judges, models: options['model-table'], replies: options['cache-dir'], dataRoot },
          ...{ concurrency, baseUrl: options['base-url'], access, emit },
        });
        return runWorker({
          ...{ address: queue, createJudge, dataRoot, concurrency, untilEmpty },
          ...{ signal, emit, requests },
        });
      },
    );
    const { judged, quarantined } = summary;
    this.log(`Judged ${judged} triplets, and found ${quarantined} that could not be judged.`);
    return summary;
  }
}
