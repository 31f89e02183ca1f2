import { Worker } from 'node:worker_threads';

/** These threads only create small messages; a larger young generation would just fill with garbage. */
const YOUNG_GENERATION_MEBIBYTES = 4;

/**
 * Starts a thread with the code of a module next to another one.
 *
 * @param module its name, without extension.
 * @param beside the URL of the other module.
 */
export function startThread(module: string, beside: string): Worker {
  // From source under a test runner, from the built package otherwise.
  const extension = beside.endsWith('.ts') ? 'ts' : 'js';
  return new Worker(new URL(`./${module}.${extension}`, beside), {
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MEBIBYTES },
  });
}
