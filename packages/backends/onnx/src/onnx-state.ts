import { RewardEditError } from '@rewardedit/core';
import { sizeOf, type State, type TensorSpec } from '@rewardedit/graph';
import type { WorkerClient } from './worker-client.ts';

/** State whose values the worker holds, all in float32. */
export async function createState(
  worker: WorkerClient,
  state: number,
  specs: Readonly<Record<string, TensorSpec>>,
): Promise<State> {
  for (const [name, { dtype }] of Object.entries(specs)) {
    if (dtype !== 'i32') continue;
    throw new RewardEditError('bad-input', `State is read and written as float32; "${name}" cannot be i32.`);
  }
  const lengths = Object.fromEntries(Object.entries(specs).map(([name, { shape }]) => [name, sizeOf(shape)]));
  await worker.call('createState', 'Creating a state', { state, lengths });

  const released = new Set<string>();

  function assertKnown(name: string): void {
    if (Object.hasOwn(specs, name)) return;
    throw new RewardEditError('bad-input', `The state has no entry "${name}".`);
  }

  function lengthOf(name: string): number {
    assertKnown(name);
    if (!released.has(name)) return lengths[name];
    throw new RewardEditError('usage', `The state entry "${name}" was released.`);
  }

  return {
    specs,
    released,
    read: async (name) => {
      lengthOf(name);
      return worker.call('readState', `Reading "${name}"`, { state, name });
    },
    write: async (name, values) => {
      const length = lengthOf(name);
      if (values.length !== length) {
        const message = `The state entry "${name}" has ${length} values, not ${values.length}.`;
        throw new RewardEditError('bad-input', message);
      }
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
