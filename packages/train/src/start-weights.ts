import { createHash } from 'node:crypto';
import { RewardEditError } from '@rewardedit/core';
import type { TrainConfig } from './config.ts';
import type { TrainedModel } from './model.ts';
import { placeOf, type RunWeights } from './run-weights.ts';
import { usedEntry } from './used-entry.ts';

/**
 * Writes the initial weights of a run into its states. Moments start at zero, like every state; averages start as copies of the weights. Frozen
 * weights are not saved, so they are read from the initial model each time the run is resumed.
 *
 * @param withTrained whether to write the trained parameters too.
 * @param recorded hash of the frozen weights when the run began.
 * @param where folder of the initial model.
 * @returns the hash of the frozen weights, if there are any.
 * @throws RewardEditError 'bad-input' if it differs from the recorded one.
 */
export async function startWeights(
  { trainable, parameters, initialize }: TrainedModel,
  weights: RunWeights,
  {
    config,
    withTrained,
    recorded,
    where,
  }: { config: TrainConfig; withTrained: boolean; recorded: string | undefined; where: string | undefined },
): Promise<string | undefined> {
  const hasFrozen = parameters.length > trainable.size;
  if (!withTrained && !hasFrozen) return undefined;
  const hash = createHash('sha256');
  await initialize(async (name, values) => {
    const isTrained = trainable.has(name);
    if (!isTrained)
      hash.update(name).update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
    if (isTrained && !withTrained) return;
    const [state, own] = placeOf(weights, name);
    await state.write(own, values);
    const used = isTrained ? usedEntry(own, config) : own;
    if (used !== own) await state.write(used, values);
  });
  if (!hasFrozen) return undefined;
  const found = hash.digest('hex');
  if (recorded === undefined || recorded === found) return found;
  throw new RewardEditError('bad-input', 'the frozen weights have changed since the run began', {
    where,
    hint: 'restore the model that the run was started from, or start another run',
  });
}
