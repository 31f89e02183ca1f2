import { Worker } from 'node:worker_threads';

/** What is young in these threads are messages, which are small: more room would only be filled with garbage. */
const YOUNG_GENERATION_MEBIBYTES = 4;

/**
 * Starts a thread with the code in a module beside another one.
 *
 * @param module its name, without an ending.
 * @param beside the address of the other one.
 */
export function startThread(module: string, beside: string): Worker {
  // From source under a test runner, from the built package otherwise.
  const extension = beside.endsWith('.ts') ? 'ts' : 'js';
  return new Worker(new URL(`./${module}.${extension}`, beside), {
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION_MEBIBYTES },
  });
}
