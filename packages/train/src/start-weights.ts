import { createHash } from 'node:crypto';
import { RewardEditError } from '@rewardedit/core';
import type { TrainConfig } from './config.ts';
import type { TrainedModel } from './model.ts';
import { placeOf, type RunWeights } from './run-weights.ts';
import { usedEntry } from './used-entry.ts';

/**
 * Writes the weights that a run starts from into its states: moments start at zero, as every state does, averages as copies of the
 * weights. What is not trained is never saved, and so comes from there each time that the run is continued.
 *
 * @param withTrained whether those that are trained are written too.
 * @param recorded the hash of the others when the run began.
 * @param where the folder of the model they come from.
 * @returns their hash, where there are any.
 * @throws RewardEditError 'bad-input' where it is another one than recorded.
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
  throw new RewardEditError(
    'bad-input',
    'the weights that the run does not train have changed since it began',
    {
      where,
      hint: 'bring back the model that it was started from, or start another run',
    },
  );
}
