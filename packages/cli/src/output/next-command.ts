import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { shellWord } from '@rewardedit/core/text';

/** So many triplets are looked at: enough to see whether a dataset is scored at all. */
const LOOKED_AT = 200;

/** A model that most people who have a key can ask; --dry-run needs none, and tells what it would cost. */
const ASK = '--judge openai:gpt-6-luna --dry-run';

/**
 * What one would do next with a dataset, as a command that works as it is: train on it where it is scored; have it scored by the oracle where true
 * edits are known, else see what a language model would cost. Undefined where it has no triplets.
 */
export async function nextForDataset(path: string): Promise<string | undefined> {
  const { openRewardIndex, rewardsPath } = await import('@rewardedit/annotate');
  const { openDataset } = await import('@rewardedit/data');
  const dataset = await openDataset(path);
  const rewards = await openRewardIndex(rewardsPath(dataset));
  let [seen, knowsTruth] = [0, false];
  try {
    for await (const { id, reward, truth } of dataset.triplets()) {
      if (reward !== undefined || (await rewards.get(id)) !== undefined) return trainNext(path);
      knowsTruth ||= truth !== undefined;
      seen += 1;
      if (seen === LOOKED_AT) break;
    }
  } finally {
    await rewards.close();
  }
  if (seen === 0) return undefined;
  return `annotate ${shellWord(path)}${knowsTruth ? '' : ` ${ASK}`}`;
}

/** Trains in a folder of its own. */
export function trainNext(path: string): string {
  return `train ${shellWord(path)} --out ${shellWord(freeRun(path))}`;
}

/** A run folder that is not there yet, called after the dataset. */
function freeRun(path: string): string {
  const name = basename(resolve(path)).replace(/\.jsonl$/, '');
  const folder = `runs/${name}`;
  for (let n = 2; ; n++) {
    const free = n === 2 ? folder : `${folder}-${n - 1}`;
    if (!existsSync(free)) return free;
  }
}
