import { RewardEditError } from '@rewardedit/core';
import { sizeOf, type State, type TensorSpec } from '@rewardedit/graph';
import { bytesPerElement } from './codegen/shader.ts';
import { stored, type Stored } from './codegen/stored.ts';
import { readBuffer, storageBuffer } from './device/buffers.ts';
import { fromDevice, toDevice } from './device/transfer.ts';
import { stateOrder } from './lowering/lower.ts';

/** State on the device: a buffer for each entry, in the order in which kernels want it. */
export interface DeviceState extends State {
  buffer(name: string): GPUBuffer;
}

export function createDeviceState(
  device: GPUDevice,
  specs: Readonly<Record<string, TensorSpec>>,
  halves: boolean,
): DeviceState {
  const entries = new Map<string, { tensor: Stored; buffer: GPUBuffer }>();
  for (const [name, { shape, dtype }] of Object.entries(specs)) {
    if (dtype === 'i32')
      throw new RewardEditError('bad-input', `State is read and written as float32; "${name}" cannot be i32.`);
    const tensor = stored(shape, dtype, { kind: 'state', name }, stateOrder(shape));
    const buffer = storageBuffer(device, sizeOf(shape) * bytesPerElement(dtype, { halves }), name);
    entries.set(name, { tensor, buffer });
  }
  let disposed = false;

  function entry(name: string): { tensor: Stored; buffer: GPUBuffer } {
    if (disposed) throw new RewardEditError('failed', 'The state was disposed of.');
    const found = entries.get(name);
    if (found) return found;
    throw new RewardEditError('bad-input', `The state has no entry "${name}".`);
  }

  return {
    specs,
    buffer: (name) => entry(name).buffer,
    read: async (name) => {
      const { tensor, buffer } = entry(name);
      const bytes = sizeOf(tensor.shape) * bytesPerElement(tensor.dtype, { halves });
      return fromDevice(await readBuffer(device, buffer, bytes), tensor, halves) as Float32Array;
    },
    write: async (name, values) => {
      const { tensor, buffer } = entry(name);
      const length = sizeOf(tensor.shape);
      if (values.length !== length) {
        const message = `The state entry "${name}" has ${length} values, not ${values.length}.`;
        throw new RewardEditError('bad-input', message);
      }
      device.queue.writeBuffer(buffer, 0, toDevice(values, tensor, halves));
    },
    dispose: async () => {
      disposed = true;
      for (const { buffer } of entries.values()) buffer.destroy();
      entries.clear();
    },
  };
}
