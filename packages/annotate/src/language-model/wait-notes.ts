import type { CallFailure } from './failures.ts';
import { formatTime } from './server-health.ts';

/** Shorter waits, in milliseconds, are not worth a word. */
const SHORTEST_TOLD = 5000;
/** What is waited for in the same way again is told again after so long. */
const TOLD_AGAIN_AFTER = 60_000;

/**
 * Puts into words what the calls to a server wait for: undefined where that is short, or was told already. Many calls wait for the
 * same, and it is told once.
 */
export function createWaitNotes(
  host: string,
  clock: () => number,
): (wait: number, why: Pick<CallFailure, 'message' | 'retryAfter'>) => string | undefined {
  let told = { until: Number.NEGATIVE_INFINITY, at: Number.NEGATIVE_INFINITY };
  return (wait, { message, retryAfter = 0 }) => {
    const now = clock();
    const until = now + Math.max(wait, retryAfter);
    const isNews = until > told.until + SHORTEST_TOLD && (now > told.at + TOLD_AGAIN_AFTER || retryAfter > 0);
    if (until - now < SHORTEST_TOLD || !isNews) return undefined;
    told = { until, at: now };
    const says = retryAfter > 0 ? 'asks for it' : 'says';
    return `waiting until ${formatTime(until)}, because ${host} ${says}: ${message}`;
  };
}
