import { RewardEditError } from '@rewardedit/core/errors';

/** What went wrong on a device, which it tells when it likes: kept until somebody asks. */
export interface Faults {
  /** @throws RewardEditError 'failed' with what went wrong first, if anything did. */
  check(): void;
  /** What went wrong, as an error for what is thrown by a call. */
  explained(error: unknown): RewardEditError;
}

export function watchFaults(device: GPUDevice): Faults {
  let lost: string | undefined;
  let first: RewardEditError | undefined;
  let closed = false;

  const watchLoss = async () => {
    const { reason, message } = await device.lost;
    if (reason === 'destroyed') closed = true;
    else lost = message;
  };
  void watchLoss();
  device.addEventListener('uncapturederror', ({ error }) => {
    first ??= faultOf(error);
  });

  function lostError(message: string): RewardEditError {
    return new RewardEditError('failed', `The GPU was lost: ${firstLine(message)}`, {
      hint: 'Run the same command again: it goes on from its last checkpoint. If it happens again, update the driver.',
    });
  }

  return {
    check: () => {
      if (lost !== undefined) throw lostError(lost);
      if (first) throw first;
    },
    explained: (error) => {
      if (error instanceof RewardEditError) return error;
      if (lost !== undefined) return lostError(lost);
      if (first) return first;
      const message = error instanceof Error ? error.message : String(error);
      return new RewardEditError(
        'failed',
        closed ? 'The WebGPU backend was disposed of.' : `WebGPU: ${firstLine(message)}`,
      );
    },
  };
}

function faultOf({ message, constructor }: GPUError): RewardEditError {
  if (constructor.name === 'GPUOutOfMemoryError') {
    return new RewardEditError('failed', "The GPU's memory is full.", {
      hint: 'Use a smaller batch or smaller pictures, or close what else uses the GPU.',
    });
  }
  return new RewardEditError('failed', `WebGPU: ${firstLine(message)}`);
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0];
}
