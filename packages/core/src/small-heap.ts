import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * From now on this process would rather collect garbage than grow: for commands that hold little, and pass much on, leave memory to
 * others, or go through datasets of any size. Without it, V8 lets what is young grow to 128 MiB, and the rest to several times of what is in use.
 *
 * To be called once what the work needs is loaded: the young generation keeps the size that it has then.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
}

/** How much is allocated before the next full collection, for what was in use after the last. */
const GROWTH_PERCENT = 100;

/**
 * Collects garbage now, and gives the memory back to the system: what a long preparation has left behind would otherwise lie there until
 * the work itself makes garbage, which it may hardly do. Takes some 60 ms.
 */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (how: Readonly<Record<string, string>>) => void;
  // As if nothing else were left to try: otherwise emptied pages stay for some seconds, in which the peak is reached.
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
