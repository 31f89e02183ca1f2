import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createRateLimiter, type RateLimiter, type Released, type Permit } from './rate-limiter.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const never = new AbortController().signal;

function enter(limiter: RateLimiter, { again = false, tokens = 1, signal = never } = {}): Promise<Permit> {
  return limiter.acquire({ again, tokens, signal });
}

/** Fills the limiter with as many calls as it allows. */
async function fill(limiter: RateLimiter): Promise<Permit[]> {
  return Promise.all(Array.from({ length: Math.floor(limiter.limit) }, () => enter(limiter)));
}

/** Keeps as many calls under way as the limiter allows. */
async function crowd(limiter: RateLimiter) {
  let passes = await fill(limiter);
  return {
    /** All return, one after the other, and others take their places; the first so many are turned away. */
    async round(limited = 0): Promise<void> {
      const others: Permit[] = [];
      for (const [at, pass] of passes.entries()) {
        pass.release({ outcome: at < limited ? 'limited' : 'good' });
        while (limiter.underWay < Math.floor(limiter.limit)) others.push(await enter(limiter));
      }
      passes = others;
    },
  };
}

describe('the first call', () => {
  const others = (limiter: RateLimiter, signal = never) =>
    Array.from({ length: 9 }, () => enter(limiter, { signal }).catch(() => undefined));

  it('precedes the others until it returns, or for a while', async () => {
    const limiter = createRateLimiter({ most: 10, ahead: 200 });
    const first = await enter(limiter);
    void others(limiter);
    await vi.advanceTimersByTimeAsync(100);
    expect(limiter.underWay).toBe(1);
    first.release({ outcome: 'good' });
    await vi.advanceTimersByTimeAsync(1);
    expect(limiter.underWay).toBe(9);
    const slow = createRateLimiter({ most: 10, ahead: 200 });
    await enter(slow);
    void others(slow);
    await vi.advanceTimersByTimeAsync(200);
    expect(slow.underWay).toBe(10);
  });

  it('starts no other call if it ends the run', async () => {
    const limiter = createRateLimiter({ most: 10, ahead: 200 });
    const halt = new AbortController();
    const first = await enter(limiter);
    const waiting = others(limiter, halt.signal);
    first.release({ outcome: 'failed' });
    for (let tick = 0; tick < 100; tick++) await Promise.resolve();
    halt.abort(new Error('no key'));
    await Promise.all(waiting);
    await vi.advanceTimersByTimeAsync(1000);
    expect(limiter.underWay).toBe(0);
  });
});

describe('the limit', () => {
  it('doubles every round up to the maximum', async () => {
    const limiter = createRateLimiter({ most: 500, start: 32 });
    const { round } = await crowd(limiter);
    await round();
    const limits = [limiter.limit];
    for (let i = 0; i < 4; i++) {
      await round();
      limits.push(limiter.limit);
    }
    expect(limits).toEqual([limits[0], 2 * limits[0], 4 * limits[0], 8 * limits[0], 500]);
  });

  it('does not start above the maximum, and is never below one', async () => {
    const limiter = createRateLimiter({ most: 3 });
    expect(limiter.limit).toBe(3);
    const { round } = await crowd(limiter);
    for (let i = 0; i < 20; i++) await round(3);
    expect(limiter.limit).toBe(1);
  });

  it('is cut once for all calls under way, however many of them were turned away', async () => {
    const limiter = createRateLimiter({ most: 100, start: 100 });
    const passes = await fill(limiter);
    passes[0].release({ outcome: 'limited' });
    const cut = limiter.limit;
    expect(cut).toBeLessThan(100);
    for (const pass of passes.slice(1)) pass.release({ outcome: 'limited' });
    expect(limiter.limit).toBe(cut);
    // A call that began after the cut shows that it was not enough.
    (await enter(limiter)).release({ outcome: 'limited' });
    expect(limiter.limit).toBeLessThan(0.75 * cut);
  });

  it('is hardly lowered by a stray 429', async () => {
    const limiter = createRateLimiter({ most: 100, start: 100 });
    const { round } = await crowd(limiter);
    for (let i = 0; i < 50; i++) await round(1);
    expect(limiter.limit).toBeGreaterThan(95);
  });

  it('grows by a twentieth per round once it was cut, not by doubling', async () => {
    const limiter = createRateLimiter({ most: 10_000, start: 200 });
    const { round } = await crowd(limiter);
    await round(100);
    await round(100);
    const cut = limiter.limit;
    await round();
    expect(limiter.limit / cut).toBeGreaterThan(1.04);
    expect(limiter.limit / cut).toBeLessThan(1.06);
  });

  it('does not grow if fewer calls come than it allows, or calls fail', async () => {
    const limiter = createRateLimiter({ most: 100, start: 32 });
    for (let i = 0; i < 100; i++) (await enter(limiter)).release({ outcome: 'good' });
    expect(limiter.limit).toBe(32);
    for (const pass of await fill(limiter)) pass.release({ outcome: 'failed' });
    expect(limiter.limit).toBe(32);
  });
});

describe('timeouts', () => {
  it('lower the limit a little each, so that a single one costs next to nothing', async () => {
    const limiter = createRateLimiter({ most: 100, start: 32 });
    const passes = await fill(limiter);
    passes[0].release({ outcome: 'late' });
    expect(limiter.limit).toBeGreaterThan(31);
    for (const pass of passes.slice(1)) pass.release({ outcome: 'late' });
    expect(limiter.limit).toBeLessThan(9);
    for (let i = 0; i < 20; i++) for (const pass of await fill(limiter)) pass.release({ outcome: 'late' });
    expect(limiter.limit).toBe(1);
  });

  it('are not outgrown while replies are slow', async () => {
    const limiter = createRateLimiter({ most: 100, start: 32 });
    for (const pass of await fill(limiter)) pass.release({ outcome: 'late' });
    const { limit } = limiter;
    for (let i = 0; i < 20; i++) for (const pass of await fill(limiter)) pass.release({ outcome: 'slow' });
    expect(limiter.limit).toBe(limit);
  });
});

type Server = {
  /** Calls accepted at once. */
  readonly room: number;
  /** The milliseconds that a reply takes. */
  readonly latency: number;
};

/** Keeps a server busy through the limiter for so many milliseconds, with far more calls than it accepts. */
async function saturate(limiter: RateLimiter, server: () => Server, milliseconds: number) {
  let [busy, replies, turnedAway] = [0, 0, 0];
  const end = new AbortController();
  setTimeout(() => end.abort(), milliseconds);
  const sleep = (time: number) => new Promise((resolve) => setTimeout(resolve, time));
  const caller = async () => {
    let failures = 0;
    for (;;) {
      const pass = await enter(limiter, { again: failures > 0, signal: end.signal });
      let left: Released = { outcome: 'limited' };
      if (busy >= server().room) {
        turnedAway += 1;
        failures += 1;
        await sleep(5);
      } else {
        busy += 1;
        await sleep(server().latency);
        busy -= 1;
        replies += 1;
        failures = 0;
        left = { outcome: 'good' };
      }
      pass.release(left);
      if (failures > 0) await sleep(1000 * 2 ** Math.min(failures, 5));
    }
  };
  const all = Promise.allSettled(Array.from({ length: 1000 }, caller));
  await vi.advanceTimersByTimeAsync(milliseconds + 40_000);
  await all;
  return { replies, turnedAway };
}

describe('a server with a limit of calls at once', () => {
  it.each([5, 40, 300])('(%d) is kept busy, and turns few away', async (room) => {
    const limiter = createRateLimiter({ most: 1000 });
    const server = { room, latency: 500 };
    await saturate(limiter, () => server, 10_000);
    const { replies, turnedAway } = await saturate(limiter, () => server, 60_000);
    expect(replies / ((60_000 / server.latency) * room)).toBeGreaterThan(0.95);
    expect(turnedAway / (replies + turnedAway)).toBeLessThan(0.2);
    expect(limiter.limit).toBeGreaterThan(0.7 * room);
    expect(limiter.limit).toBeLessThan(1.5 * room + 1);
  });

  it('is followed when it lowers and raises its limit', async () => {
    const limiter = createRateLimiter({ most: 1000 });
    let room = 200;
    const server = () => ({ room, latency: 500 });
    await saturate(limiter, server, 20_000);
    room = 40;
    await saturate(limiter, server, 30_000);
    expect(limiter.limit).toBeLessThan(70);
    room = 200;
    await saturate(limiter, server, 30_000);
    expect(limiter.limit).toBeGreaterThan(150);
  });
});

describe('the rate', () => {
  /** Returns when calls are admitted, in milliseconds from now; each returns at once. */
  async function times(limiter: RateLimiter, tokens: readonly number[]): Promise<number[]> {
    const began = performance.now();
    const all = tokens.map(async (each) => {
      const pass = await enter(limiter, { tokens: each });
      pass.release({ outcome: 'good' });
      return Math.round(performance.now() - began);
    });
    await vi.advanceTimersByTimeAsync(600_000);
    return Promise.all(all);
  }

  it('respects the requests per minute', async () => {
    const limiter = createRateLimiter({ most: 100, requestsPerMinute: 600 });
    expect(await times(limiter, [1, 1, 1, 1])).toEqual([0, 100, 200, 300]);
  });

  it('respects the tokens per minute', async () => {
    const limiter = createRateLimiter({ most: 100, tokensPerMinute: 60_000 });
    expect(await times(limiter, [1000, 2000, 500, 1])).toEqual([0, 1000, 3000, 3500]);
  });

  it('is reported to the next call that waits for it', async () => {
    const limiter = createRateLimiter({ most: 100, requestsPerMinute: 6, tokensPerMinute: 60_000 });
    const told: [number, string][] = [];
    const onWait = (milliseconds: number, why: string) => void told.push([milliseconds, why]);
    for (let call = 0; call < 3; call++)
      void limiter.acquire({ ...{ again: false, tokens: 1, signal: never }, onWait });
    await vi.advanceTimersByTimeAsync(20_000);
    expect(new Set(told.map(([, why]) => why))).toEqual(
      new Set(['no more than 6 calls a minute are allowed']),
    );
    expect(told[0][0]).toBe(10_000);
  });

  it('is the lower one of both, and idle time is not saved up', async () => {
    const limiter = createRateLimiter({ most: 100, requestsPerMinute: 60, tokensPerMinute: 60_000 });
    expect(await times(limiter, [10, 3000, 10])).toEqual([0, 1000, 4000]);
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(await times(limiter, [10, 10, 10])).toEqual([0, 1000, 2000]);
  });
});

describe('a pause', () => {
  const paused = async (limiter: RateLimiter): Promise<number> => {
    const began = performance.now();
    let waited = Number.NaN;
    void enter(limiter).then(() => (waited = Math.round(performance.now() - began)));
    await vi.advanceTimersByTimeAsync(60_000);
    return waited;
  };

  it('is kept if the headers of a reply say that nothing remains', async () => {
    const limiter = createRateLimiter({ most: 10 });
    (await enter(limiter)).release({ outcome: 'good', pause: 5000 });
    expect(await paused(limiter)).toBe(5000);
  });

  it('applies to all calls if most are turned away, and to one call after a stray 429', async () => {
    const limiter = createRateLimiter({ most: 100, start: 100 });
    const passes = await fill(limiter);
    for (const pass of passes.slice(0, 50)) pass.release({ outcome: 'good' });
    for (const pass of passes.slice(50, 55)) pass.release({ outcome: 'limited', pause: 5000 });
    expect(await paused(limiter)).toBe(0);
    for (const pass of passes.slice(55)) pass.release({ outcome: 'limited', pause: 5000 });
    expect(await paused(limiter)).toBe(5000);
  });

  it('applies to all calls until it is known how many are turned away, for at most five minutes', async () => {
    const limiter = createRateLimiter({ most: 100, start: 100 });
    (await enter(limiter)).release({ outcome: 'limited', pause: 5000 });
    expect(await paused(limiter)).toBe(5000);
    (await enter(limiter)).release({ outcome: 'good', pause: 1e9 });
    const began = performance.now();
    const entered = enter(limiter).then(() => performance.now() - began);
    await vi.advanceTimersByTimeAsync(400_000);
    expect(Math.round(await entered)).toBe(300_000);
  });
});

describe('a queue', () => {
  it('admits retries first, and the others in order', async () => {
    const limiter = createRateLimiter({ most: 1 });
    const first = await enter(limiter);
    const order: string[] = [];
    const waiting = ['a', 'b', 'c'].map(async (name) => {
      const pass = await enter(limiter, { again: name === 'c' });
      order.push(name);
      pass.release({ outcome: 'good' });
    });
    first.release({ outcome: 'good' });
    await Promise.all(waiting);
    expect(order).toEqual(['c', 'a', 'b']);
  });

  it('is left by calls whose signal fires, without waiting for the end of a pause', async () => {
    const limiter = createRateLimiter({ most: 10 });
    (await enter(limiter)).release({ outcome: 'good', pause: 60_000 });
    const controller = new AbortController();
    const waiting = Array.from({ length: 5 }, () => enter(limiter, { signal: controller.signal }));
    expect(vi.getTimerCount()).toBe(1);
    controller.abort(new Error('stopped'));
    for (const each of await Promise.allSettled(waiting))
      expect(each).toMatchObject({ status: 'rejected', reason: { message: 'stopped' } });
    expect(vi.getTimerCount()).toBe(0);
    expect(limiter.underWay).toBe(0);
    await expect(enter(limiter, { signal: controller.signal })).rejects.toThrow('stopped');
  });

  it('proceeds without calls that left', async () => {
    const limiter = createRateLimiter({ most: 1 });
    const first = await enter(limiter);
    const controller = new AbortController();
    const leaving = enter(limiter, { signal: controller.signal }).catch(() => 'left');
    const staying = enter(limiter);
    controller.abort(new Error('stopped'));
    expect(await leaving).toBe('left');
    first.release({ outcome: 'good' });
    await expect(staying).resolves.toBeDefined();
    expect(limiter.underWay).toBe(1);
  });
});
