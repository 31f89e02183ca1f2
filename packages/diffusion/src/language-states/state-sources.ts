import { RewardEditError } from '@rewardedit/core';
import { fromFloat16, toFloat16 } from '@rewardedit/graph';
import { templateHash, type AskedStates, type LanguageStateSource } from '../pipelines/index.ts';
import { stateKey } from './state-key.ts';
import type { StateStore } from './state-store.ts';
import { openWantedStates } from './wanted-states.ts';

/** Returns a source that reads a store only. States it lacks are added to the store's list, `wanted.jsonl`. */
export async function storedStates(store: StateStore): Promise<LanguageStateSource> {
  const wanted = await openWantedStates(store.folder);
  return {
    model: store.config.model,
    template: templateHash(store.config),
    async statesOf(asked) {
      const found = await store.read(stateKey(asked));
      if (found) return found;
      await wanted.add(asked);
      throw new RewardEditError(
        'bad-input',
        `the store has no states of ${JSON.stringify(asked.instruction)} with this picture`,
        {
          where: store.folder,
          hint: 'They were added to its list (wanted.jsonl): compute them with tools/language-states/fill.py or --language-model, then repeat the command.',
        },
      );
    },
  };
}

/** Returns a source that reads a store, and computes and stores what it lacks. */
export function computedStates(
  store: StateStore,
  compute: (asked: AskedStates) => Promise<Float32Array>,
): LanguageStateSource {
  const underWay = new Map<string, Promise<Float32Array>>();
  const make = async (key: string, asked: AskedStates) => {
    const states = await compute(asked);
    await store.add(key, states);
    // With the rounding of the stored states, so that the first use equals later ones.
    return fromFloat16(toFloat16(states));
  };
  return {
    model: store.config.model,
    template: templateHash(store.config),
    async statesOf(asked) {
      const key = stateKey(asked);
      const found = await store.read(key);
      if (found) return found;
      const begun = underWay.get(key) ?? make(key, asked);
      underWay.set(key, begun);
      try {
        return await begun;
      } finally {
        underWay.delete(key);
      }
    },
  };
}
