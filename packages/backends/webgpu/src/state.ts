import { RewardEditError } from '@rewardedit/core/errors';
import { checkValues, sizeOf, type State, type TensorSpec } from '@rewardedit/graph';
import { bytesPerElement } from './codegen/shader.ts';
import { stored } from './codegen/stored.ts';
import { readBuffer } from './device/buffers.ts';
import { createEntry, type Entry } from './device/entry.ts';
import { fromDevice, toDevice } from './device/transfer.ts';
import { stateOrder } from './lowering/state-order.ts';

/** State on the device: one buffer per entry, in the memory order that kernels expect. */
export interface DeviceState extends State {
  entry(name: string): Entry;
}

/** @param inTurn runs work after everything that was requested before. */
export function createDeviceState(
  device: GPUDevice,
  specs: Readonly<Record<string, TensorSpec>>,
  { halves, inTurn }: { halves: boolean; inTurn: <Result>(work: () => Promise<Result>) => Promise<Result> },
): DeviceState {
  const entries = new Map<string, Entry>();
  for (const [name, { shape, dtype }] of Object.entries(specs)) {
    const tensor = stored(shape, dtype, { kind: 'state', name }, stateOrder(shape));
    const bytes = sizeOf(shape) * bytesPerElement(dtype, { halves });
    entries.set(name, createEntry(device, name, tensor, bytes));
  }
  const released = new Set<string>();
  let disposed = false;

  function entry(name: string): Entry {
    if (disposed) throw new RewardEditError('failed', 'The state was disposed of.');
    const found = entries.get(name);
    if (found) return found;
    throw new RewardEditError('bad-input', `The state has no entry "${name}".`);
  }

  return {
    specs,
    released,
    entry,
    read: async (name) => {
      const { tensor, bytes, buffer } = entry(name);
      const from = buffer();
      return inTurn(async () => fromDevice(await readBuffer(device, from, bytes), tensor, halves));
    },
    write: async (name, values) => {
      const { tensor, buffer, beforeChange } = entry(name);
      const to = buffer();
      checkValues(`The state entry "${name}"`, specs[name], values);
      const data = toDevice(values, tensor, halves);
      await inTurn(async () => {
        beforeChange();
        device.queue.writeBuffer(to, 0, data);
      });
    },
    release: async (names) => {
      const given = [...names].map((name) => [name, entry(name)] as const);
      await inTurn(async () => {
        for (const [name, { release }] of given) {
          released.add(name);
          release();
        }
      });
    },
    dispose: async () => {
      disposed = true;
      await inTurn(async () => {
        for (const { release } of entries.values()) release();
      });
    },
  };
}
