import { RewardEditError } from '@rewardedit/core/errors';
import type { Stored } from '../codegen/stored.ts';
import { alignedBytes, storageBuffer } from './buffers.ts';

/** A state entry on the device. */
export interface Entry {
  readonly tensor: Stored;
  readonly bytes: number;
  /** @throws RewardEditError 'usage' if it was released. */
  buffer(): GPUBuffer;
  /**
   * Holds the current values as a constant, copy on write: a holder receives its own copy before the first
   * write.
   */
  hold(moved: (copy: GPUBuffer) => void): Hold;
  /** Must be called before the values change. */
  beforeChange(): void;
  release(): void;
}

export interface Hold {
  buffer(): GPUBuffer;
  release(): void;
}

export function createEntry(device: GPUDevice, name: string, tensor: Stored, bytes: number): Entry {
  let kept: GPUBuffer | undefined = storageBuffer(device, bytes, name);
  const shared = kept;
  const holders = new Set<(copy: GPUBuffer) => void>();

  function freeIfUnused(): void {
    if (!kept && holders.size === 0) shared.destroy();
  }

  return {
    tensor,
    bytes,
    buffer: () => {
      if (kept) return kept;
      throw new RewardEditError('usage', `The state entry "${name}" was released.`);
    },
    hold: (moved) => {
      let own = shared;
      const holder = (copy: GPUBuffer) => {
        own = copy;
        moved(copy);
      };
      holders.add(holder);
      return {
        buffer: () => own,
        release: () => {
          holders.delete(holder);
          if (own !== shared) own.destroy();
          else freeIfUnused();
        },
      };
    },
    beforeChange: () => {
      for (const holder of holders) {
        const copy = storageBuffer(device, bytes, `${name} (copy)`);
        const encoder = device.createCommandEncoder();
        encoder.copyBufferToBuffer(shared, 0, copy, 0, alignedBytes(bytes));
        device.queue.submit([encoder.finish()]);
        holders.delete(holder);
        holder(copy);
      }
    },
    release: () => {
      kept = undefined;
      freeIfUnused();
    },
  };
}
