/** Longer waits, in milliseconds, are taken for nonsense: quotas are counted by the minute, the day or the week. */
const LONGEST_SENSIBLE_WAIT = 7 * 24 * 60 * 60 * 1000;

/**
 * Returns the wait in milliseconds that a server asks for: `retry-after-ms`, or `retry-after` in seconds or as a date; undefined if there
 * is none, or nonsense.
 */
export function retryAfter(headers: Headers, now: number): number | undefined {
  const milliseconds = sensible(Number.parseFloat(headers.get('retry-after-ms') ?? ''));
  if (milliseconds !== undefined) return milliseconds;
  const value = headers.get('retry-after');
  if (value === null) return undefined;
  return /^\s*\d+(\.\d+)?\s*$/.test(value)
    ? sensible(Number(value) * 1000)
    : sensible(Date.parse(value) - now);
}

/**
 * Returns the milliseconds until the server has room again, if its headers say that no requests or tokens remain; undefined if there is
 * room, or the headers are missing or make no sense (some servers send -1, or 0 of 0).
 */
export function roomAfter(headers: Headers): number | undefined {
  const waits = ['requests', 'tokens'].flatMap((what) => {
    const number = (name: string) => Number(headers.get(`x-ratelimit-${name}-${what}`) ?? Number.NaN);
    const wait = parseDuration(headers.get(`x-ratelimit-reset-${what}`) ?? '');
    const exhausted = number('limit') > 0 && number('remaining') === 0;
    return exhausted && wait !== undefined ? [wait] : [];
  });
  return waits.length === 0 ? undefined : Math.max(...waits);
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Parses a duration such as "6m0s", "1.5s" or "12ms" into milliseconds; a number without a unit is in seconds. */
function parseDuration(text: string): number | undefined {
  if (/^\d+(\.\d+)?$/.test(text)) return sensible(Number(text) * 1000);
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/.test(text)) return undefined;
  const parts = text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g);
  return sensible([...parts].reduce((sum, [, value, unit]) => sum + Number(value) * UNITS[unit], 0));
}

function sensible(milliseconds: number): number | undefined {
  return milliseconds >= 0 && milliseconds <= LONGEST_SENSIBLE_WAIT ? milliseconds : undefined;
}
