import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Makes V8 collect garbage rather than grow the heap, for commands that stream large amounts of data or leave memory to other processes. By
 * default, V8 lets the young generation grow to 128 MiB, and the heap to several times the live data.
 *
 * Call it after loading what the work needs: the young generation keeps its current size.
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString(`--heap-growing-percent=${GROWTH_PERCENT}`);
}

/** Heap growth until the next full collection, as a percentage of the live data. */
const GROWTH_PERCENT = 100;

/**
 * Collects garbage and returns the memory to the system. Garbage of a long preparation would otherwise stay until the work itself allocates enough
 * to trigger a collection, which it may never do. Takes about 60 ms.
 */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as (how: Readonly<Record<string, string>>) => void;
  // Only a last-resort collection releases empty pages at once; otherwise they would count towards peak memory for seconds.
  collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
}
