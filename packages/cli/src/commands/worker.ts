import { Flags } from '@oclif/core';
import type { WorkerSummary } from '@rewardedit/annotate/queue';
import { examples } from '../flags/examples.ts';
import { BaseCommand, type ArgumentsOf, type OptionsOf } from '../running/base-command.ts';
import { repeatable, withVariables } from '../flags/flags.ts';
import { accessFlags, judgeAccess } from '../flags/judge-access.ts';
import { judgeFlags } from '../flags/judge-flags.ts';
import { queueFlag } from '../flags/queue-flag.ts';
import { workerJudge } from '../judging/worker-judge.ts';
import { viewFlags } from '../flags/view-flags.ts';

export default class Worker extends BaseCommand<typeof Worker> {
  static override summary = 'Judge triplets from a work queue, for `annotate --queue`.';

  static override description = `Takes triplets from the queue that \`rewardedit annotate --queue\` fills, judges them and returns the answers. Start any number of
workers on any number of machines; each needs access to the dataset under the same path, and the API keys of its judge in its own
environment. If a worker is killed, nothing is lost: other workers take over its triplets. Ctrl-C or SIGTERM stops it after the triplets in
flight.

Anyone who can write to the queue decides which triplets are judged, but not by which judge, on which server, or which files are read: a
worker only joins runs whose judge is one of --judge, on the server at --base-url, and whose dataset is in the folder of --data. A worker
stops if its judge cannot continue, for example because of an invalid API key; the run then fails with the same error.`;

  static override examples = examples({
    'Judge eight triplets at once, and keep waiting for further runs':
      '--queue redis://localhost:6379/0 --concurrency 8',
    'Judge the datasets in /shared with a language model':
      '--queue redis://valkey:6379/0 --judge openai:gpt-6-luna --data /shared',
    'Exit when the queue is empty, for cluster jobs': '--queue redis://valkey:6379/0 --until-empty',
  });

  static override flags = withVariables('worker', {
    queue: queueFlag({ required: true }),
    ...viewFlags,
    concurrency: Flags.integer({
      summary: 'Concurrency limit: triplets judged at once.',
      default: 4,
      min: 1,
    }),
    judge: Flags.string({
      summary: 'Judge to run, as in `annotate --judge`; repeatable.',
      default: ['oracle'],
      helpValue: 'JUDGE',
      ...repeatable,
    }),
    data: Flags.string({
      summary: 'Folder that must contain the datasets and their caches of replies.',
      default: '.',
      helpValue: 'FOLDER',
    }),
    'base-url': judgeFlags['base-url'],
    ...accessFlags,
    'model-table': judgeFlags['model-table'],
    'cache-dir': Flags.string({
      summary: 'Cache of replies; by default that of the run.',
      helpValue: 'FOLDER',
      helpGroup: 'Language model',
    }),
    'until-empty': Flags.boolean({
      summary:
        'Exit once all runs have ended, or after a minute without triplets, instead of waiting for more.',
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
      ({ emit, signal, requests }) => {
        emit({ type: 'log', message: `Judging triplets from ${queue.shown}.` });
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
    this.log(`Judged ${judged} triplets; ${quarantined} could not be judged.`);
    return summary;
  }
}
