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

  function lengthOf(name: string): number {
    if (name in lengths) return lengths[name];
    throw new RewardEditError('bad-input', `The state has no entry "${name}".`);
  }

  return {
    specs,
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
    dispose: async () => {
      await worker.call('disposeState', 'Disposing of a state', { state });
    },
  };
}
