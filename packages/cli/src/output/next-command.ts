import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { shellWord } from '@rewardedit/core/text';

/** Triplets to check: enough to see whether a dataset is scored at all. */
const LOOKED_AT = 200;

/** A model that most users with an API key can use; --dry-run needs no key, and estimates the cost. */
const ASK = '--judge openai:gpt-6-luna --dry-run';

/**
 * The command to suggest next for a dataset: train on it if it is scored; otherwise score it with the oracle if its true edits are known,
 * or estimate the cost of a language model. Undefined if it has no triplets.
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

/** The command that trains on a dataset, in a new run folder. */
export function trainNext(path: string): string {
  return `train ${shellWord(path)} --out ${shellWord(freeRun(path))}`;
}

/** A run folder named after the dataset that does not exist yet. */
function freeRun(path: string): string {
  const name = basename(resolve(path)).replace(/\.jsonl$/, '');
  const folder = `runs/${name}`;
  for (let n = 2; ; n++) {
    const free = n === 2 ? folder : `${folder}-${n - 1}`;
    if (!existsSync(free)) return free;
  }
}
