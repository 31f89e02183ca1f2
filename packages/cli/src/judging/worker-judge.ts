import { realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { RewardEditError } from '@rewardedit/core/errors';
import type { Access, JudgeChoice } from '@rewardedit/annotate';
import type { CreateJudge, RunSettings } from '@rewardedit/annotate/queue';
import type { Emit } from '@rewardedit/core';

/**
 * What workers choose their judge by, and ask it: nothing that says where pictures go, which key goes with them, what they cost or
 * which files hold all that. A worker has these from whoever started it. The budget and where the run keeps what it spends are the run's.
 */
export function runSettings(choice: JudgeChoice, measure: boolean): RunSettings {
  const { baseUrl: _baseUrl, models: _models, concurrency: _concurrency, ...asked } = choice;
  // Through JSON, as it travels: what is undefined is left out.
  const paths = {
    replies: resolve(choice.replies),
    // The oracle spends nothing.
    ...(choice.ledger !== undefined && choice.judge !== 'oracle' && { ledger: resolve(choice.ledger) }),
  };
  const told = { ...asked, ...paths, judge: judgeName(choice.judge), measure };
  return JSON.parse(JSON.stringify(told)) as RunSettings;
}

/** A judge as it is called in the queue; one that is in a file by the path of that file. */
function judgeName(judge: string): string {
  const [, kind, file] = /^(ensemble|cascade|calibrated):(.*)$/s.exec(judge) ?? [];
  return file === undefined ? judge : `${kind}:${resolve(file)}`;
}

export type WorkerJudgeOptions = {
  /** The judges that this worker may be, as they are typed. */
  readonly judges: readonly string[];
  readonly baseUrl?: string | undefined;
  readonly models?: string | undefined;
  readonly access: Access;
  /** Where datasets and replies are. */
  readonly dataRoot: string;
  /** Folder of the replies, in place of the one that a run names. */
  readonly replies?: string | undefined;
  /** How many triplets are judged at once. */
  readonly concurrency: number;
  /** Told which budget the run has. */
  readonly emit?: Emit;
};

/**
 * Makes the judge of a run, one of those that the worker may be. Throws 'bad-input' where it is none of them, where its replies are
 * to go elsewhere, or where the settings are those of another version.
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
      throw new RewardEditError('bad-input', 'the settings of the run are not those of this version', {
        hint: 'install the same version of rewardedit where the run was started and on all workers',
        cause: error,
      });
    }
    if (!judges.includes(asked.judge)) {
      throw new RewardEditError(
        'bad-input',
        `the run is judged by ${asked.judge}, this worker by ${judges.join(', ')}`,
        {
          where: '--judge',
          hint: 'start a worker with that judge, if it is to ask it',
        },
      );
    }
    // A file that a queue names is not read.
    if (!isProtocolName(asked.protocol)) {
      throw new RewardEditError('bad-input', `this version knows no protocol "${asked.protocol}"`, {
        hint: 'install the same version of rewardedit where the run was started and on all workers',
      });
    }
    const inside = async (folder: string, what: string) => assertInside(options.dataRoot, folder, what);
    const replies = options.replies ?? (await inside(asked.replies, 'replies'));
    // Where the run keeps what it spends; left out where that is elsewhere and there is no budget to watch over.
    const found = asked.ledger === undefined ? undefined : inside(asked.ledger, 'what it spends');
    const ledger = await (isLimited(asked.budget)
      ? found
      : found?.catch(({ message }: Error) => {
          emit?.({ type: 'warning', message: `What this worker spends is not told to the run: ${message}` });
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
    `the run keeps ${what} in ${folder}, which is not in ${resolve(dataRoot)}`,
    {
      where: '--data',
      hint: 'name a folder that both the dataset and the replies are in, or a folder for replies with --cache-dir',
    },
  );
}

/** Where a path leads although its last part may not be there yet; undefined where more is missing. */
async function realPathOf(path: string): Promise<string | undefined> {
  const whole = await realpath(path).catch(() => undefined);
  if (whole !== undefined) return whole;
  const parent = await realpath(dirname(path)).catch(() => undefined);
  return parent === undefined ? undefined : join(parent, basename(path));
}
