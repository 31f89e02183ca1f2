import { RewardEditError } from '@rewardedit/core/errors';

/** Limits of a device, and what it could give at present. */
export interface Room {
  readonly limits: Pick<
    GPUSupportedLimits,
    'maxBufferSize' | 'maxStorageBufferBindingSize' | 'minStorageBufferOffsetAlignment'
  >;
  /** Bytes; Infinity where that is not known. */
  readonly available: number;
}

const HINT =
  'Use a smaller batch or smaller pictures, --precision f16, or for a training --recompute; or close what else uses the GPU.';

/**
 * Checks, before anything is allocated, that tensors fit on a device, each of them and all together.
 *
 * @param what they are for, as a user knows it.
 * @throws RewardEditError 'failed' with what is needed and what is there.
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
      `${what} needs a tensor of ${amount(bytes)} (${name}), and the GPU takes at most ${amount(most)} for one`,
      { hint: HINT },
    );
  }
  if (total <= available) return;
  throw new RewardEditError(
    'failed',
    `${what} needs ${amount(total)} of memory on the GPU, where ${amount(available)} are free`,
    { hint: HINT },
  );
}

function amount(bytes: number): string {
  return bytes >= 2 ** 30 ? `${(bytes / 2 ** 30).toFixed(1)} GiB` : `${Math.ceil(bytes / 2 ** 20)} MiB`;
}
