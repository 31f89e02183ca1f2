import { realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { RewardEditError } from '@rewardedit/core/errors';
import type { Access, JudgeChoice } from '@rewardedit/annotate';
import type { CreateJudge, RunSettings } from '@rewardedit/annotate/queue';
import type { Emit } from '@rewardedit/core';

/**
 * The settings that workers receive from a run: the judge and its questions, the budget, and the ledger. Servers, API keys, prices and
 * files that define them are not among them: a worker has those from its own command line.
 */
export function runSettings(choice: JudgeChoice, measure: boolean): RunSettings {
  const { baseUrl: _baseUrl, models: _models, concurrency: _concurrency, ...asked } = choice;
  // Through JSON, as the queue transports it, which drops undefined values.
  const paths = {
    replies: resolve(choice.replies),
    // The oracle spends nothing.
    ...(choice.ledger !== undefined && choice.judge !== 'oracle' && { ledger: resolve(choice.ledger) }),
  };
  const settings = { ...asked, ...paths, judge: judgeName(choice.judge), measure };
  return JSON.parse(JSON.stringify(settings)) as RunSettings;
}

/** Name of a judge in the queue, with the absolute path if it is defined in a file. */
function judgeName(judge: string): string {
  const [, kind, file] = /^(ensemble|cascade|calibrated):(.*)$/s.exec(judge) ?? [];
  return file === undefined ? judge : `${kind}:${resolve(file)}`;
}

export type WorkerJudgeOptions = {
  /** The judges that this worker may run, as typed. */
  readonly judges: readonly string[];
  readonly baseUrl?: string | undefined;
  readonly models?: string | undefined;
  readonly access: Access;
  /** Folder that contains datasets and replies. */
  readonly dataRoot: string;
  /** Cache of replies, instead of that of the run. */
  readonly replies?: string | undefined;
  /** Number of triplets judged at once. */
  readonly concurrency: number;
  /** Receives the budget of the run, and warnings. */
  readonly emit?: Emit;
};

/**
 * Returns a function that creates the judge of a run. It throws 'bad-input' if the judge is not one of `judges`, if the run's paths are
 * outside `dataRoot`, or if the settings are from another version.
 */
export function workerJudge(options: WorkerJudgeOptions): CreateJudge {
  const { baseUrl, models, access, concurrency, emit } = options;
  const judges = options.judges.map(judgeName);
  return async ({ measure, ...settings }) => {
    const { createJudge, describeBudget, isLimited, isProtocolName, judgeChoiceSchema, preserveMeasures } =
      await import('@rewardedit/annotate');
    const { keepHeapSmall } = await import('@rewardedit/core');
    const own = { baseUrl, models, concurrency };
    const { data: asked, error } = judgeChoiceSchema.safeParse({ ...settings, ...own });
    if (error !== undefined) {
      throw new RewardEditError('bad-input', 'the settings of the run are from another version', {
        hint: 'install the same version of rewardedit on all workers and where the run was started',
        cause: error,
      });
    }
    if (!judges.includes(asked.judge)) {
      throw new RewardEditError(
        'bad-input',
        `the run needs the judge ${asked.judge}, but this worker only runs ${judges.join(', ')}`,
        {
          where: '--judge',
          hint: `to let this worker run it, start it with --judge ${asked.judge}`,
        },
      );
    }
    // Never read a file that a queue names.
    if (!isProtocolName(asked.protocol)) {
      throw new RewardEditError('bad-input', `this version has no protocol "${asked.protocol}"`, {
        hint: 'install the same version of rewardedit on all workers and where the run was started',
      });
    }
    const inside = async (folder: string, what: string) => assertInside(options.dataRoot, folder, what);
    const replies = options.replies ?? (await inside(asked.replies, 'its replies'));
    // The ledger of the run; without a budget, one outside the folder is only worth a warning.
    const found = asked.ledger === undefined ? undefined : inside(asked.ledger, 'its ledger');
    const ledger = await (isLimited(asked.budget)
      ? found
      : found?.catch(({ message }: Error) => {
          emit?.({
            type: 'warning',
            message: `What this worker spends is not recorded with the run: ${message}`,
          });
          return undefined;
        }));
    const {
      judge,
      models: asking,
      notice,
      budget,
    } = await createJudge({ ...asked, replies, ledger }, access);
    if (asking.length > 0) keepHeapSmall();
    if (notice !== undefined) emit?.({ type: 'warning', message: notice });
    if (budget !== undefined && isLimited(budget))
      emit?.({ type: 'log', message: `The budget of the run: ${describeBudget(budget)}.` });
    return {
      judge,
      ...(measure === true && { measure: preserveMeasures }),
    };
  };
}

async function assertInside(dataRoot: string, folder: string, what: string): Promise<string> {
  const { isBelow } = await import('@rewardedit/core');
  const real = await realPathOf(folder);
  if (real !== undefined && isBelow(real, await realpath(dataRoot))) return folder;
  throw new RewardEditError(
    'bad-input',
    `the run keeps ${what} in ${folder}, which is outside ${resolve(dataRoot)}`,
    {
      where: '--data',
      hint: 'set --data to a folder that contains both the dataset and the replies, or --cache-dir to a folder for replies',
    },
  );
}

/** The real path, even if its last part does not exist yet; undefined if more is missing. */
async function realPathOf(path: string): Promise<string | undefined> {
  const whole = await realpath(path).catch(() => undefined);
  if (whole !== undefined) return whole;
  const parent = await realpath(dirname(path)).catch(() => undefined);
  return parent === undefined ? undefined : join(parent, basename(path));
}
