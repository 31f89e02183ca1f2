import { RewardEditError } from '@rewardedit/core/errors';

/** Errors that a device reports asynchronously, kept until the next check. */
export interface Faults {
  /** @throws RewardEditError 'failed' for the first error, if there was one. */
  check(): void;
  /** Converts an error thrown by a call, replacing it with the device's own error if there was one. */
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
      hint: 'Run the same command again: it resumes from the last checkpoint. If it happens again, update the driver.',
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
