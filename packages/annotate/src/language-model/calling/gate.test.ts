import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createGate, type Gate, type Left, type Pass } from './gate.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const never = new AbortController().signal;

function enter(gate: Gate, { again = false, tokens = 1, signal = never } = {}): Promise<Pass> {
  return gate.enter({ again, tokens, signal });
}

/** Fills the gate with calls, as many as there is room for. */
async function fill(gate: Gate): Promise<Pass[]> {
  return Promise.all(Array.from({ length: Math.floor(gate.limit) }, () => enter(gate)));
}

/** Calls that are under way all the time, as many as there is room for. */
async function crowd(gate: Gate) {
  let passes = await fill(gate);
  return {
    /** All come back, one after the other, and others take their places; the first so many are turned away. */
    async round(limited = 0): Promise<void> {
      const others: Pass[] = [];
      for (const [at, pass] of passes.entries()) {
        pass.leave({ outcome: at < limited ? 'limited' : 'good' });
        while (gate.underWay < Math.floor(gate.limit)) others.push(await enter(gate));
      }
      passes = others;
    },
  };
}

describe('the first call', () => {
  const others = (gate: Gate, signal = never) =>
    Array.from({ length: 9 }, () => enter(gate, { signal }).catch(() => undefined));

  it('goes ahead of the others until it comes back, or for a while', async () => {
    const gate = createGate({ most: 10, ahead: 200 });
    const first = await enter(gate);
    void others(gate);
    await vi.advanceTimersByTimeAsync(100);
    expect(gate.underWay).toBe(1);
    first.leave({ outcome: 'good' });
    await vi.advanceTimersByTimeAsync(1);
    expect(gate.underWay).toBe(9);
    const slow = createGate({ most: 10, ahead: 200 });
    await enter(slow);
    void others(slow);
    await vi.advanceTimersByTimeAsync(200);
    expect(slow.underWay).toBe(10);
  });

  it('lets no other begin where it ends the run', async () => {
    const gate = createGate({ most: 10, ahead: 200 });
    const halt = new AbortController();
    const first = await enter(gate);
    const waiting = others(gate, halt.signal);
    first.leave({ outcome: 'failed' });
    for (let tick = 0; tick < 100; tick++) await Promise.resolve();
    halt.abort(new Error('no key'));
    await Promise.all(waiting);
    await vi.advanceTimersByTimeAsync(1000);
    expect(gate.underWay).toBe(0);
  });
});

describe('the limit', () => {
  it('doubles from round to round, up to the most that is wanted', async () => {
    const gate = createGate({ most: 500, start: 32 });
    const { round } = await crowd(gate);
    await round();
    const limits = [gate.limit];
    for (let i = 0; i < 4; i++) {
      await round();
      limits.push(gate.limit);
    }
    expect(limits).toEqual([limits[0], 2 * limits[0], 4 * limits[0], 8 * limits[0], 500]);
  });

  it('does not begin above the most that is wanted, and is never below one', async () => {
    const gate = createGate({ most: 3 });
    expect(gate.limit).toBe(3);
    const { round } = await crowd(gate);
    for (let i = 0; i < 20; i++) await round(3);
    expect(gate.limit).toBe(1);
  });

  it('is cut once for all calls that were under way, however many of them were turned away', async () => {
    const gate = createGate({ most: 100, start: 100 });
    const passes = await fill(gate);
    passes[0].leave({ outcome: 'limited' });
    const cut = gate.limit;
    expect(cut).toBeLessThan(100);
    for (const pass of passes.slice(1)) pass.leave({ outcome: 'limited' });
    expect(gate.limit).toBe(cut);
    // What began after the cut says that it was not enough.
    (await enter(gate)).leave({ outcome: 'limited' });
    expect(gate.limit).toBeLessThan(0.75 * cut);
  });

  it('loses next to nothing to a stray 429', async () => {
    const gate = createGate({ most: 100, start: 100 });
    const { round } = await crowd(gate);
    for (let i = 0; i < 50; i++) await round(1);
    expect(gate.limit).toBeGreaterThan(95);
  });

  it('grows by a twentieth a round once it was cut, not by doubling', async () => {
    const gate = createGate({ most: 10_000, start: 200 });
    const { round } = await crowd(gate);
    await round(100);
    await round(100);
    const cut = gate.limit;
    await round();
    expect(gate.limit / cut).toBeGreaterThan(1.04);
    expect(gate.limit / cut).toBeLessThan(1.06);
  });

  it('does not grow while fewer calls come than it allows, or calls fail', async () => {
    const gate = createGate({ most: 100, start: 32 });
    for (let i = 0; i < 100; i++) (await enter(gate)).leave({ outcome: 'good' });
    expect(gate.limit).toBe(32);
    for (const pass of await fill(gate)) pass.leave({ outcome: 'failed' });
    expect(gate.limit).toBe(32);
  });
});

describe('calls that get no reply in time', () => {
  it('lower the limit, each a little, so that one alone costs next to nothing', async () => {
    const gate = createGate({ most: 100, start: 32 });
    const passes = await fill(gate);
    passes[0].leave({ outcome: 'late' });
    expect(gate.limit).toBeGreaterThan(31);
    for (const pass of passes.slice(1)) pass.leave({ outcome: 'late' });
    expect(gate.limit).toBeLessThan(9);
    for (let i = 0; i < 20; i++) for (const pass of await fill(gate)) pass.leave({ outcome: 'late' });
    expect(gate.limit).toBe(1);
  });

  it('do not come back by growing while replies are slow', async () => {
    const gate = createGate({ most: 100, start: 32 });
    for (const pass of await fill(gate)) pass.leave({ outcome: 'late' });
    const { limit } = gate;
    for (let i = 0; i < 20; i++) for (const pass of await fill(gate)) pass.leave({ outcome: 'slow' });
    expect(gate.limit).toBe(limit);
  });
});

type Server = {
  /** Calls at once that are taken. */
  readonly room: number;
  /** Milliseconds that a reply takes. */
  readonly latency: number;
};

/** Keeps a server busy through the gate for so many milliseconds, with far more calls than it takes. */
async function saturate(gate: Gate, server: () => Server, milliseconds: number) {
  let [busy, replies, turnedAway] = [0, 0, 0];
  const end = new AbortController();
  setTimeout(() => end.abort(), milliseconds);
  const sleep = (time: number) => new Promise((resolve) => setTimeout(resolve, time));
  const caller = async () => {
    let failures = 0;
    for (;;) {
      const pass = await enter(gate, { again: failures > 0, signal: end.signal });
      let left: Left = { outcome: 'limited' };
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
      pass.leave(left);
      if (failures > 0) await sleep(1000 * 2 ** Math.min(failures, 5));
    }
  };
  const all = Promise.allSettled(Array.from({ length: 1000 }, caller));
  await vi.advanceTimersByTimeAsync(milliseconds + 40_000);
  await all;
  return { replies, turnedAway };
}

describe('a server that takes so many calls at once', () => {
  it.each([5, 40, 300])('(%d) is kept busy, and turns few away', async (room) => {
    const gate = createGate({ most: 1000 });
    const server = { room, latency: 500 };
    await saturate(gate, () => server, 10_000);
    const { replies, turnedAway } = await saturate(gate, () => server, 60_000);
    expect(replies / ((60_000 / server.latency) * room)).toBeGreaterThan(0.95);
    expect(turnedAway / (replies + turnedAway)).toBeLessThan(0.2);
    expect(gate.limit).toBeGreaterThan(0.7 * room);
    expect(gate.limit).toBeLessThan(1.5 * room + 1);
  });

  it('is followed where it takes fewer, and then more again', async () => {
    const gate = createGate({ most: 1000 });
    let room = 200;
    const server = () => ({ room, latency: 500 });
    await saturate(gate, server, 20_000);
    room = 40;
    await saturate(gate, server, 30_000);
    expect(gate.limit).toBeLessThan(70);
    room = 200;
    await saturate(gate, server, 30_000);
    expect(gate.limit).toBeGreaterThan(150);
  });
});

describe('the pace', () => {
  /** When so many calls are let in, in milliseconds from now; each comes back at once. */
  async function times(gate: Gate, tokens: readonly number[]): Promise<number[]> {
    const began = performance.now();
    const all = tokens.map(async (each) => {
      const pass = await enter(gate, { tokens: each });
      pass.leave({ outcome: 'good' });
      return Math.round(performance.now() - began);
    });
    await vi.advanceTimersByTimeAsync(600_000);
    return Promise.all(all);
  }

  it('is that of the requests a minute', async () => {
    const gate = createGate({ most: 100, requestsPerMinute: 600 });
    expect(await times(gate, [1, 1, 1, 1])).toEqual([0, 100, 200, 300]);
  });

  it('is that of the tokens a minute', async () => {
    const gate = createGate({ most: 100, tokensPerMinute: 60_000 });
    expect(await times(gate, [1000, 2000, 500, 1])).toEqual([0, 1000, 3000, 3500]);
  });

  it('is told to whoever waits for it next', async () => {
    const gate = createGate({ most: 100, requestsPerMinute: 6, tokensPerMinute: 60_000 });
    const told: [number, string][] = [];
    const onWait = (milliseconds: number, why: string) => void told.push([milliseconds, why]);
    for (let call = 0; call < 3; call++)
      void gate.enter({ ...{ again: false, tokens: 1, signal: never }, onWait });
    await vi.advanceTimersByTimeAsync(20_000);
    expect(new Set(told.map(([, why]) => why))).toEqual(
      new Set(['no more than 6 calls a minute are allowed']),
    );
    expect(told[0][0]).toBe(10_000);
  });

  it('is the slower one of both, and nothing is saved up in quiet times', async () => {
    const gate = createGate({ most: 100, requestsPerMinute: 60, tokensPerMinute: 60_000 });
    expect(await times(gate, [10, 3000, 10])).toEqual([0, 1000, 4000]);
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(await times(gate, [10, 10, 10])).toEqual([0, 1000, 2000]);
  });
});

describe('a pause', () => {
  const paused = async (gate: Gate): Promise<number> => {
    const began = performance.now();
    let waited = Number.NaN;
    void enter(gate).then(() => (waited = Math.round(performance.now() - began)));
    await vi.advanceTimersByTimeAsync(60_000);
    return waited;
  };

  it('is kept where the headers of a reply say that nothing is left', async () => {
    const gate = createGate({ most: 10 });
    (await enter(gate)).leave({ outcome: 'good', pause: 5000 });
    expect(await paused(gate)).toBe(5000);
  });

  it('is kept by all where most calls are turned away, and by the one alone after a stray 429', async () => {
    const gate = createGate({ most: 100, start: 100 });
    const passes = await fill(gate);
    for (const pass of passes.slice(0, 50)) pass.leave({ outcome: 'good' });
    for (const pass of passes.slice(50, 55)) pass.leave({ outcome: 'limited', pause: 5000 });
    expect(await paused(gate)).toBe(0);
    for (const pass of passes.slice(55)) pass.leave({ outcome: 'limited', pause: 5000 });
    expect(await paused(gate)).toBe(5000);
  });

  it('is kept by all while nobody knows how many calls are turned away, and is never longer than five minutes', async () => {
    const gate = createGate({ most: 100, start: 100 });
    (await enter(gate)).leave({ outcome: 'limited', pause: 5000 });
    expect(await paused(gate)).toBe(5000);
    (await enter(gate)).leave({ outcome: 'good', pause: 1e9 });
    const began = performance.now();
    const entered = enter(gate).then(() => performance.now() - began);
    await vi.advanceTimersByTimeAsync(400_000);
    expect(Math.round(await entered)).toBe(300_000);
  });
});

describe('a queue', () => {
  it('lets those in first that are tried again, and the others in order', async () => {
    const gate = createGate({ most: 1 });
    const first = await enter(gate);
    const order: string[] = [];
    const waiting = ['a', 'b', 'c'].map(async (name) => {
      const pass = await enter(gate, { again: name === 'c' });
      order.push(name);
      pass.leave({ outcome: 'good' });
    });
    first.leave({ outcome: 'good' });
    await Promise.all(waiting);
    expect(order).toEqual(['c', 'a', 'b']);
  });

  it('is left by those whose signal fires, who wait for no pause to end', async () => {
    const gate = createGate({ most: 10 });
    (await enter(gate)).leave({ outcome: 'good', pause: 60_000 });
    const controller = new AbortController();
    const waiting = Array.from({ length: 5 }, () => enter(gate, { signal: controller.signal }));
    expect(vi.getTimerCount()).toBe(1);
    controller.abort(new Error('stopped'));
    for (const each of await Promise.allSettled(waiting))
      expect(each).toMatchObject({ status: 'rejected', reason: { message: 'stopped' } });
    expect(vi.getTimerCount()).toBe(0);
    expect(gate.underWay).toBe(0);
    await expect(enter(gate, { signal: controller.signal })).rejects.toThrow('stopped');
  });

  it('goes on without those who left', async () => {
    const gate = createGate({ most: 1 });
    const first = await enter(gate);
    const controller = new AbortController();
    const leaving = enter(gate, { signal: controller.signal }).catch(() => 'left');
    const staying = enter(gate);
    controller.abort(new Error('stopped'));
    expect(await leaving).toBe('left');
    first.leave({ outcome: 'good' });
    await expect(staying).resolves.toBeDefined();
    expect(gate.underWay).toBe(1);
  });
});
