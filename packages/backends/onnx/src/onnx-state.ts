import { RewardEditError } from '@rewardedit/core';
import { isDataOf, sizeOf, type DType, type State, type TensorSpec } from '@rewardedit/graph';
import type { WorkerClient } from './worker-client.ts';

/** State whose values the worker holds, each in its element type. */
export async function createState(
  worker: WorkerClient,
  state: number,
  specs: Readonly<Record<string, TensorSpec>>,
): Promise<State> {
  const entries = Object.fromEntries(
    Object.entries(specs).map(([name, { shape, dtype }]) => [name, { length: sizeOf(shape), dtype }]),
  );
  await worker.call('createState', 'Creating a state', { state, entries });

  function entryOf(name: string): { length: number; dtype: DType } {
    if (name in entries) return entries[name];
    throw new RewardEditError('bad-input', `The state has no entry "${name}".`);
  }

  return {
    specs,
    read: async (name) => {
      entryOf(name);
      return worker.call('readState', `Reading "${name}"`, { state, name });
    },
    write: async (name, values) => {
      const { length, dtype } = entryOf(name);
      if (values.length !== length) {
        const message = `The state entry "${name}" has ${length} values, not ${values.length}.`;
        throw new RewardEditError('bad-input', message);
      }
      if (!isDataOf(dtype, values)) {
        const message = `The state entry "${name}" holds ${dtype}, and was given a ${values.constructor.name}.`;
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
