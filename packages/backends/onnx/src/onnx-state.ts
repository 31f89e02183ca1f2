import { RewardEditError } from '@rewardedit/core';
import { checkValues, sizeOf, type DType, type State, type TensorSpec } from '@rewardedit/graph';
import type { WorkerClient } from './worker-client.ts';

/** State in the worker, with values in their element types. */
export async function createState(
  worker: WorkerClient,
  state: number,
  specs: Readonly<Record<string, TensorSpec>>,
): Promise<State> {
  const entries = Object.fromEntries(
    Object.entries(specs).map(([name, { shape, dtype }]) => [name, { length: sizeOf(shape), dtype }]),
  );
  await worker.call('createState', 'Creating a state', { state, entries });

  const released = new Set<string>();

  function assertKnown(name: string): void {
    if (Object.hasOwn(specs, name)) return;
    throw new RewardEditError('bad-input', `The state has no entry "${name}".`);
  }

  function entryOf(name: string): { length: number; dtype: DType } {
    assertKnown(name);
    if (!released.has(name)) return entries[name];
    throw new RewardEditError('usage', `The state entry "${name}" was released.`);
  }

  return {
    specs,
    released,
    read: async (name) => {
      entryOf(name);
      return worker.call('readState', `Reading "${name}"`, { state, name });
    },
    write: async (name, values) => {
      entryOf(name);
      checkValues(`The state entry "${name}"`, specs[name], values);
      const copy = values.slice();
      await worker.call('writeState', `Writing "${name}"`, { state, name, values: copy }, [copy.buffer]);
    },
    release: async (names) => {
      const all = [...names];
      all.forEach(assertKnown);
      for (const name of all) released.add(name);
      await worker.call('releaseState', 'Releasing state entries', { state, names: all });
    },
    dispose: async () => {
      await worker.call('disposeState', 'Disposing of a state', { state });
    },
  };
}
