import { RewardEditError } from '@rewardedit/core/errors';

/** Limits of a device, and its free memory. */
export interface Room {
  readonly limits: Pick<
    GPUSupportedLimits,
    'maxBufferSize' | 'maxStorageBufferBindingSize' | 'minStorageBufferOffsetAlignment'
  >;
  /** Bytes; Infinity if unknown. */
  readonly available: number;
}

const HINT =
  'Use a smaller batch or smaller pictures, --precision f16, or --recompute when training; or close other programs that use the GPU.';

/**
 * Checks, before anything is allocated, that each tensor and their total fit on a device.
 *
 * @param what the subject of the message: `The program`.
 * @throws RewardEditError 'failed' with the needed and the available memory.
 */
export function assertFits(
  what: string,
  tensors: Iterable<{ readonly name: string; readonly bytes: number }>,
  total: number,
  { limits, available }: Room,
): void {
  const most = Math.min(limits.maxBufferSize, limits.maxStorageBufferBindingSize);
  for (const { name, bytes } of tensors) {
    if (bytes <= most) continue;
    throw new RewardEditError(
      'failed',
      `${what} needs a tensor of ${amount(bytes)} (${name}), but the GPU allows at most ${amount(most)} per tensor`,
      { hint: HINT },
    );
  }
  if (total <= available) return;
  throw new RewardEditError(
    'failed',
    `${what} needs ${amount(total)} of memory on the GPU, but only ${amount(available)} are free`,
    { hint: HINT },
  );
}

function amount(bytes: number): string {
  return bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(1)} GiB` : `${Math.ceil(bytes / 2 ** 20)} MiB`;
}
