import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { RewardEditError } from '@rewardedit/core';
import type { LearningRateSchedule } from '@rewardedit/graph';
import type { TrainConfig } from './config.ts';

/** The schedules whose learning rate at a step does not depend on the number of steps. */
const OPEN_ENDED: ReadonlySet<LearningRateSchedule> = new Set(['constant', 'constant_with_warmup']);

/**
 * Prepares a run for more steps than it was started with. With a schedule that does not depend on the number of steps, N steps and then
 * M more equal N + M at once. The model of the first N, if it was written, is kept as `model-step-N`.
 *
 * @param recorded settings of the run, from its `config.json`.
 * @returns the earlier number of steps, or undefined if it stays the same.
 * @throws RewardEditError 'bad-input' if there are fewer steps than before, or the schedule depends on their number.
 */
export async function extendRun(
  run: string,
  { steps }: Readonly<Record<string, unknown>>,
  config: Pick<TrainConfig, 'steps' | 'schedule'>,
): Promise<number | undefined> {
  if (steps === config.steps) return undefined;
  if (typeof steps !== 'number' || steps > config.steps) {
    throw new RewardEditError('bad-input', `the run has ${String(steps)} steps, not ${config.steps}`, {
      where: run,
      hint: 'a run can be made longer but not shorter: leave --steps out, or choose another folder',
    });
  }
  if (!OPEN_ENDED.has(config.schedule)) {
    throw new RewardEditError(
      'bad-input',
      `a run of ${steps} steps cannot be extended to ${config.steps}: its learning rate follows a ${config.schedule} schedule, which depends on the number of steps`,
      {
        where: run,
        hint: `finish it, then start another run from its model: --init ${join(run, 'model')} --out ANOTHER`,
      },
    );
  }
  const model = join(run, 'model');
  if (existsSync(model)) {
    const kept = join(run, `model-step-${String(steps).padStart(6, '0')}`);
    // Left by an extension that was interrupted here: the same model.
    await rm(kept, { recursive: true, force: true });
    await rename(model, kept);
  }
  return steps;
}
