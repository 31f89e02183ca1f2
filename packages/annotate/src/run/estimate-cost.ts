import { RewardEditError, createRandom, type Triplet } from '@rewardedit/core';
import type { Dataset } from '@rewardedit/data';
import type { OpenedModel } from '../judges/judge-choice.ts';
import { judgedTriplet } from './judged-triplet.ts';
import type { Usage } from '../language-model/api/chat.ts';
import { addUsage, costOf } from '../language-model/spending/spending.ts';

/** What a run will take: the least that is likely and the most that is possible, without retries. */
export type CostEstimate = {
  /** Triplets without an answer. */
  readonly triplets: number;
  /** Triplets whose pictures were read; the estimate is extrapolated from them. */
  readonly sampled: number;
  /** Those of them whose pictures cannot be read. */
  readonly unreadable: number;
  readonly calls: number;
  /** Calls whose reply is already stored, which are free. */
  readonly stored: number;
  readonly low: Usage & { readonly dollars?: number };
  readonly high: Usage & { readonly dollars?: number };
};

export type EstimateOptions = {
  readonly dataset: Pick<Dataset, 'triplets' | 'resolve'>;
  readonly models: readonly OpenedModel[];
  /** Selects the open triplets. */
  readonly includes: (id: string) => boolean;
  /** The most triplets to read; 400 by default. */
  readonly sample?: number;
  /** Whether to use the prices of batches, if a model's discount is known. */
  readonly batch?: boolean;
};

/** Estimates calls, tokens and cost from the pictures of a sample of the open triplets. Sends nothing. */
export async function estimateCost(options: EstimateOptions): Promise<CostEstimate> {
  const { dataset, models, includes, sample = 400, batch = false } = options;
  const { chosen, count } = await chooseSample(dataset, includes, sample);
  let [calls, stored, unreadable] = [0, 0, 0];
  const sums = { low: ZERO, high: ZERO };
  let priced = true;
  for (const triplet of chosen) {
    const judged = judgedTriplet(dataset, triplet);
    try {
      for (const { calls: callsOf, store, facts } of models) {
        const discount = batch ? (facts?.batchDiscount ?? 0) : 0;
        for (const call of await callsOf(judged)) {
          calls += 1;
          if ((await store.get(call.key(0))) !== undefined) {
            stored += 1;
            continue;
          }
          priced &&= facts?.prices !== undefined;
          for (const end of ['low', 'high'] as const) {
            const usage = end === 'high' ? call.most : call.least;
            const dollars = facts?.prices === undefined ? 0 : costOf(usage, facts.prices) * (1 - discount);
            sums[end] = { ...addUsage(sums[end], usage), dollars: sums[end].dollars + dollars };
          }
        }
      }
    } catch (error) {
      if (!(error instanceof RewardEditError) || error.code !== 'bad-input') throw error;
      unreadable += 1;
    }
  }
  const scale = chosen.length === 0 ? 0 : count / chosen.length;
  const scaled = ({ dollars, ...usage }: Sum) => ({
    input: Math.round(usage.input * scale),
    cachedInput: 0,
    output: Math.round(usage.output * scale),
    ...(priced && { dollars: dollars * scale }),
  });
  return {
    triplets: count,
    sampled: chosen.length,
    unreadable,
    calls: Math.round(calls * scale),
    stored: Math.round(stored * scale),
    low: scaled(sums.low),
    high: scaled(sums.high),
  };
}

type Sum = Usage & { readonly dollars: number };

const ZERO: Sum = { input: 0, cachedInput: 0, output: 0, dollars: 0 };

/** Gives every open triplet an equal chance, in one pass (reservoir sampling). */
async function chooseSample(
  dataset: Pick<Dataset, 'triplets'>,
  includes: (id: string) => boolean,
  size: number,
): Promise<{ chosen: Triplet[]; count: number }> {
  const random = createRandom(0);
  const chosen: Triplet[] = [];
  let count = 0;
  for await (const triplet of dataset.triplets()) {
    if (!includes(triplet.id)) continue;
    count += 1;
    if (chosen.length < size) chosen.push(triplet);
    else {
      const place = random.integer(count);
      if (place < size) chosen[place] = triplet;
    }
  }
  return { chosen, count };
}
