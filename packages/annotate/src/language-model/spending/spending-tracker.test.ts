import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Usage } from '../api/chat.ts';
import { noteBatch, openLedger } from './ledger.ts';
import { createSpendingTracker, type SpendingTracker } from './spending-tracker.ts';
import { costOf } from './spending.ts';

const usage = (input: number, output: number, cachedInput = 0): Usage => ({ input, cachedInput, output });
const PRICES = { input: 2, cachedInput: 0.5, output: 8 };
const never = new AbortController().signal;
const reserve = (tracker: SpendingTracker, most: Usage, prices: typeof PRICES | undefined = PRICES) =>
  tracker.reserve(most, prices, never);

describe('a tracker', () => {
  it('sums what calls took, and estimates what is unknown', async () => {
    const tracker = createSpendingTracker({});
    const most = usage(100, 50);
    const settle = async (taken: Usage | 'nothing' | 'unreported' | 'uncertain') =>
      (await reserve(tracker, most)).settle(taken);
    await settle('uncertain');
    expect(tracker.spending()).toMatchObject({
      tokens: most,
      uncertain: { calls: 1, dollars: costOf(most, PRICES) },
    });
    await settle(usage(90, 10, 20));
    await settle(usage(70, 30));
    await settle('uncertain');
    await settle('unreported');
    await settle('nothing');
    tracker.countStored();
    const mean = usage(80, 20);
    const [first, counted] = [costOf(most, PRICES), costOf(mean, PRICES)];
    expect(tracker.spending()).toEqual({
      calls: 6,
      stored: 1,
      unreported: 1,
      uncertain: { calls: 2, dollars: first + counted },
      tokens: { input: 420, cachedInput: 20, output: 130 },
      dollars: expect.closeTo(
        first + costOf(usage(90, 10, 20), PRICES) + costOf(usage(70, 30), PRICES) + 2 * counted,
        12,
      ),
    });
  });

  it('knows no cost if a price is unknown', async () => {
    const tracker = createSpendingTracker({});
    expect(tracker.spending().dollars).toBe(0);
    (await reserve(tracker, usage(1, 1))).settle(usage(1, 1));
    (await tracker.reserve(usage(1, 1), undefined, never)).settle(usage(1, 1));
    expect(tracker.spending()).not.toHaveProperty('dollars');
    expect(tracker.spending().tokens).toEqual(usage(2, 2));
  });

  it.each([
    [{ tokens: 299 }, '202 tokens of 299 tokens spent, and the next call may take 150 tokens'],
    [{ cost: 0.0011 }, '$0.00101 of $0.0011 spent, and the next call may take $0.0006'],
  ])('waits at %j until it is known what the calls under way took', async (budget, said) => {
    const tracker = createSpendingTracker(budget);
    const [first, second] = [await reserve(tracker, usage(50, 50)), await reserve(tracker, usage(50, 50))];
    let begun = false;
    const third = reserve(tracker, usage(50, 50)).then((reservation) => {
      begun = true;
      return reservation;
    });
    await sleep(20);
    expect(begun).toBe(false);
    // The unused part of the reservation is available again.
    first.settle(usage(1, 1));
    (await third).settle(usage(50, 50));
    second.settle(usage(50, 50));
    await expect(reserve(tracker, usage(100, 50))).rejects.toMatchObject({
      code: 'exhausted',
      message: `the budget is used up: ${said}`,
    });
  });

  it('counts a call as one, whatever it took', async () => {
    const tracker = createSpendingTracker({ calls: 2 });
    for (let call = 0; call < 2; call += 1) (await reserve(tracker, usage(50, 50))).settle('nothing');
    await expect(reserve(tracker, usage(50, 50))).rejects.toThrow('2 calls');
  });

  it('stops waiting when the run is stopped', async () => {
    const tracker = createSpendingTracker({ tokens: 100 });
    await reserve(tracker, usage(50, 50));
    const stop = new AbortController();
    const told: string[] = [];
    const waiting = tracker.reserve(usage(50, 50), PRICES, stop.signal, (why) => {
      told.push(why);
      return () => told.push('over');
    });
    await sleep(0);
    expect(told).toEqual(['the calls under way may need the rest of it']);
    stop.abort(new Error('stopped'));
    await expect(waiting).rejects.toThrow('stopped');
    expect(told[1]).toBe('over');
  });

  it('is reported with what is spent', async () => {
    const tracker = createSpendingTracker({ cost: 0.5, tokens: 1000 });
    (await reserve(tracker, usage(100, 50))).settle(usage(100, 50));
    tracker.countStored();
    const dollars = costOf(usage(100, 50), PRICES);
    expect(tracker.report()).toEqual({
      ...{ type: 'spending', calls: 1, stored: 1, dollars, tokens: { input: 100, output: 50 } },
      budget: { cost: 0.5, tokens: 1000 },
      ofRun: { calls: 1, tokens: 150, cost: dollars },
    });
  });

  it('starts nothing if nothing may be spent', async () => {
    for (const budget of [{ calls: 0 }, { tokens: 0 }, { cost: 0 }])
      await expect(reserve(createSpendingTracker(budget), usage(1, 1))).rejects.toThrow('used up');
  });

  it('never exceeds a budget if calls respect their limit, and leaves less than one call of it', async () => {
    const call = fc.record({ share: fc.double({ min: 0, max: 1, noNaN: true }), outcome: fc.nat(5) });
    const run = async (cost: number, calls: { share: number; outcome: number }[], atOnce: number) => {
      const tracker = createSpendingTracker({ cost });
      const most = usage(3000, 2000);
      let ended = 0;
      const queue = [...calls];
      const work = async () => {
        for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
          const reservation = await reserve(tracker, most);
          await Promise.resolve();
          const { share, outcome } = next;
          const outcomes = ['nothing', 'uncertain', 'unreported'] as const;
          reservation.settle(
            outcomes[outcome] ?? usage(Math.floor(most.input * share), Math.floor(most.output * share)),
          );
          ended += 1;
        }
      };
      const results = await Promise.allSettled(Array.from({ length: atOnce }, work));
      const { dollars } = tracker.spending();
      expect(dollars).toBeLessThanOrEqual(cost + 1e-12);
      const isComplete = results.every(({ status }) => status === 'fulfilled') && ended === calls.length;
      expect(isComplete || dollars! + costOf(most, PRICES) > cost - 1e-12).toBe(true);
    };
    await fc.assert(
      fc.asyncProperty(
        fc.double({ min: 0, max: 0.3, noNaN: true }),
        fc.array(call, { maxLength: 60 }),
        fc.integer({ min: 1, max: 8 }),
        run,
      ),
      { numRuns: 50 },
    );
  });
});

describe('the ledger of a run', { timeout: 60_000 }, () => {
  let folder: string;
  let ledger: string;
  let runs = 0;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rewardedit-ledger-'));
  });
  beforeEach(() => {
    ledger = join(folder, `run-${(runs += 1)}`);
  });
  afterAll(() => rm(folder, { recursive: true }));

  const MOST = usage(100, 100);
  const TAKEN = usage(50, 10);

  /** Spends in a separate process until the budget is used up or, with `killAt`, until it is killed with so many calls under way. */
  async function spend(cost: number, { killAt }: { killAt?: number } = {}): Promise<number> {
    const source = `
      import { openLedger } from ${JSON.stringify(new URL('../../../dist/language-model/spending/ledger.js', import.meta.url).href)};
      import { createSpendingTracker } from ${JSON.stringify(new URL('../../../dist/language-model/spending/spending-tracker.js', import.meta.url).href)};
      const ledger = openLedger(${JSON.stringify(ledger)});
      const tracker = createSpendingTracker({ cost: ${cost} }, ledger);
      const signal = new AbortController().signal;
      let begun = 0;
      const work = async () => {
        for (;;) {
          const reservation = await tracker.reserve(${JSON.stringify(MOST)}, ${JSON.stringify(PRICES)}, signal);
          if (++begun > ${killAt ?? Number.MAX_SAFE_INTEGER}) process.kill(process.pid, 'SIGKILL');
          await new Promise((resolve) => setTimeout(resolve, 20));
          reservation.settle(${JSON.stringify(TAKEN)});
        }
      };
      await Promise.all(Array.from({ length: 8 }, () => work().catch(({ code }) => code === 'exhausted' || process.exit(1))));
      await ledger.close();
      console.log(tracker.spending().dollars);`;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', source], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.on('data', (text) => (said += String(text)));
    const [code, signal] = await once(child, 'close');
    expect([code, signal]).toEqual(killAt === undefined ? [0, null] : [null, 'SIGKILL']);
    return Number(said);
  }

  it('includes all its processes, one after the other, killed or not', async () => {
    const cost = 0.1;
    for (let kill = 0; kill < 10; kill += 1) await spend(cost, { killAt: 20 });
    await spend(cost);
    const { spent, underWay } = await openLedger(ledger).others();
    expect(underWay).toEqual({ calls: 0, tokens: 0, dollars: 0 });
    expect(spent.dollars).toBeLessThanOrEqual(cost);
    expect(spent.dollars).toBeGreaterThan(0.97 * cost);
    // With a larger budget, it continues.
    expect(await spend(cost + 0.01)).toBeGreaterThan(0.0085);
  });

  it('includes several processes at once', async () => {
    const cost = 0.1;
    const dollars = await Promise.all(Array.from({ length: 3 }, async () => spend(cost)));
    const sum = dollars.reduce((total, each) => total + each, 0);
    expect(sum).toBeLessThanOrEqual(cost + 1e-12);
    expect(sum).toBeGreaterThan(0.97 * cost);
    expect(await readdir(ledger)).toHaveLength(3);
  });

  it('counts a batch once, however often it is recorded', async () => {
    const took = { calls: 5, tokens: 100, dollars: 0.5 };
    for (let time = 0; time < 2; time += 1)
      await noteBatch(ledger, 'rewardedit-0123456789abcdef.jsonl', took, took);
    expect((await openLedger(ledger).others()).spent).toEqual(took);
    const tracker = createSpendingTracker({ cost: 0.5005 }, openLedger(ledger));
    await expect(reserve(tracker, MOST)).rejects.toMatchObject({ code: 'exhausted' });
  });
});
