import { RewardEditError } from '@rewardedit/core';
import type { OpenedModel } from '../judges/judge-choice.ts';
import type { Connection } from '../language-model/api/connection.ts';
import type { Prices } from '../language-model/spending/spending.ts';

/** A model on a server that accepts batches. All requests of a batch are for one model and one endpoint. */
export type BatchTarget = {
  readonly server: string;
  readonly model: string;
  readonly endpoint: string;
  readonly connection: Connection;
  /** The prices of batches. */
  readonly prices: Prices | undefined;
};

type TargetName = Pick<BatchTarget, 'server' | 'model' | 'endpoint'>;

/** Where the requests of models go. Members of an ensemble that only differ in their questions share a target. */
export type BatchTargets = {
  readonly all: readonly BatchTarget[];
  of(model: OpenedModel): BatchTarget | undefined;
  find(name: TargetName): BatchTarget | undefined;
  /** Throws `bad-input` if the file is for a model that is not asked now. */
  named(name: TargetName): BatchTarget;
};

/** Throws `usage` if no model is on a server. */
export function batchTargets(models: readonly OpenedModel[], judge: string, path: string): BatchTargets {
  const targets = new Map<string, BatchTarget>();
  for (const { model, connection, facts } of models) {
    if (connection === undefined) continue;
    const target = { ...nameOf(model, connection), connection, prices: pricesOf(facts) };
    targets.set(keyOf(target), target);
  }
  if (targets.size === 0) {
    throw new RewardEditError('usage', `the judge ${judge} asks no server, so there is nothing to submit`, {
      where: '--batch',
      hint: 'leave out --batch, or choose a language model with --judge',
    });
  }
  return {
    all: [...targets.values()],
    of: ({ model, connection }) =>
      connection === undefined ? undefined : targets.get(keyOf(nameOf(model, connection))),
    find: (name) => targets.get(keyOf(name)),
    named(name) {
      const target = targets.get(keyOf(name));
      if (target !== undefined) return target;
      throw new RewardEditError('bad-input', `a batch for ${name.model} on ${name.server} is under way`, {
        where: path,
        hint: 'collect it with the judge that submitted it; or move this file away to give it up',
      });
    },
  };
}

function nameOf(model: string, { host, api }: Connection): TargetName {
  return { server: host, model, endpoint: `/v1${api.path}` };
}

function keyOf({ server, model, endpoint }: TargetName): string {
  return JSON.stringify([server, model, endpoint]);
}

/** The prices with the discount of batches, if they are known. */
function pricesOf(facts: OpenedModel['facts']): Prices | undefined {
  if (facts?.prices === undefined) return undefined;
  const share = 1 - (facts.batchDiscount ?? 0);
  const { input, cachedInput, output } = facts.prices;
  return {
    input: input * share,
    output: output * share,
    ...(cachedInput !== undefined && { cachedInput: cachedInput * share }),
  };
}
