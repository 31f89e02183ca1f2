import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RewardEditError } from '@rewardedit/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { estimateCost, type EstimateOptions } from './estimate-cost.ts';
import type { OpenedModel } from '../judges/judge-choice.ts';
import type { Call } from '../language-model/calling/retrying-client.ts';
import { contentKey, openReplyStore, type ReplyStore } from '../language-model/store/reply-store.ts';

let folder: string;
let store: ReplyStore;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rewardedit-estimate-'));
  store = openReplyStore(folder);
});
afterAll(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

const dataset = (count: number): EstimateOptions['dataset'] => ({
  resolve: (name) => name,
  async *triplets() {
    for (let at = 0; at < count; at++) yield { id: String(at), instruction: '', original: 'a', edited: 'b' };
  },
});

/** A call whose size depends on the number of the triplet. */
const callOf = (name: string, number: number): Call => ({
  request: { system: '', parts: [], maxOutputTokens: 1, sampling: {} },
  key: (attempt) => contentKey({ name, number, attempt }),
  read: () => ({ invalid: '' }),
  least: { input: 10 * number, cachedInput: 0, output: 1 },
  most: { input: 20 * number, cachedInput: 0, output: 5 },
});
const modelOf = (
  name: string,
  prices: { input: number; output: number } | undefined,
  calls = 1,
): OpenedModel => ({
  model: name,
  facts: prices && { model: name, vision: true, prices, batchDiscount: 0.5 },
  store,
  calls: async ({ triplet }) =>
    Array.from({ length: calls }, (_, at) => callOf(`${name} ${at}`, Number(triplet.id))),
});
const PRICES = { input: 1_000_000, output: 2_000_000 };
const all = () => true;

describe('estimateCost', () => {
  it('sums the calls of all models for each open triplet', async () => {
    const models = [modelOf('a', PRICES), modelOf('b', PRICES, 2)];
    const includes = (id: string) => id !== '3';
    expect(await estimateCost({ dataset: dataset(5), models, includes })).toEqual({
      triplets: 4,
      sampled: 4,
      unreadable: 0,
      calls: 12,
      stored: 0,
      low: { input: 10 * 7 * 3, cachedInput: 0, output: 12, dollars: 210 + 24 },
      high: { input: 20 * 7 * 3, cachedInput: 0, output: 60, dollars: 420 + 120 },
    });
  });

  it('counts nothing for stored replies', async () => {
    const models = [modelOf('stored', PRICES)];
    for (const number of [1, 2])
      await store.put(callOf('stored 0', number).key(0), { text: '', finish: 'complete' });
    expect(await estimateCost({ dataset: dataset(4), models, includes: all })).toMatchObject({
      calls: 4,
      stored: 2,
      low: { input: 30, output: 2, dollars: 30 + 4 },
    });
  });

  it('reads a sample of a large dataset, and scales its counts', async () => {
    const models = [modelOf('a', PRICES)];
    const estimate = await estimateCost({ dataset: dataset(10_000), models, includes: all, sample: 500 });
    expect(estimate).toMatchObject({
      triplets: 10_000,
      sampled: 500,
      calls: 10_000,
      low: { output: 10_000 },
    });
    const whole = 10 * ((9999 * 10_000) / 2);
    expect(estimate.low.input / whole).toBeGreaterThan(0.9);
    expect(estimate.low.input / whole).toBeLessThan(1.1);
    expect(await estimateCost({ dataset: dataset(10_000), models, includes: all, sample: 500 })).toEqual(
      estimate,
    );
  });

  it('subtracts the discount of batches, and has no cost if a price is missing', async () => {
    const models = [modelOf('a', PRICES)];
    const full = await estimateCost({ dataset: dataset(3), models, includes: all });
    const half = await estimateCost({ dataset: dataset(3), models, includes: all, batch: true });
    expect(half.high.dollars).toBeCloseTo(full.high.dollars! / 2, 10);
    const unknown = await estimateCost({
      dataset: dataset(3),
      models: [...models, modelOf('b', undefined)],
      includes: all,
    });
    expect(unknown.calls).toBe(6);
    expect(unknown.low).not.toHaveProperty('dollars');
    expect(unknown.high).not.toHaveProperty('dollars');
  });

  it('counts triplets with unreadable pictures, and throws any other error', async () => {
    const failing = (error: Error): OpenedModel => ({
      ...modelOf('a', PRICES),
      calls: async ({ triplet }) => {
        if (triplet.id === '1') throw error;
        return [callOf('x', 1)];
      },
    });
    const damaged = new RewardEditError('bad-input', 'damaged');
    expect(
      await estimateCost({ dataset: dataset(3), models: [failing(damaged)], includes: all }),
    ).toMatchObject({
      triplets: 3,
      unreadable: 1,
      calls: 2,
    });
    const other = estimateCost({
      dataset: dataset(3),
      models: [failing(new Error('a mistake'))],
      includes: all,
    });
    await expect(other).rejects.toThrow('a mistake');
  });

  it('is zero if nothing is open', async () => {
    expect(
      await estimateCost({ dataset: dataset(3), models: [modelOf('a', PRICES)], includes: () => false }),
    ).toEqual({
      triplets: 0,
      sampled: 0,
      unreadable: 0,
      calls: 0,
      stored: 0,
      low: { input: 0, cachedInput: 0, output: 0, dollars: 0 },
      high: { input: 0, cachedInput: 0, output: 0, dollars: 0 },
    });
  });
});
