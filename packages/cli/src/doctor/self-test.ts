import type { AdapterReport } from '@rewardedit/backend-webgpu';
import { RewardEditError } from '@rewardedit/core';
import { selfTest as errorOfBackend, type Backend } from '@rewardedit/graph';

/** Result of a backend on a small network with known results. */
export type SelfTest = {
  readonly backend: string;
  /** "not available" if it cannot be started on this machine, for lack of a device or a driver. */
  readonly outcome: 'passed' | 'failed' | 'not available';
  /** The largest difference from the reference, relative to the largest value of its tensor. */
  readonly largestError?: number;
  /** Seconds to start, compile, run and compare. */
  readonly seconds?: number;
  readonly problem?: string;
  /** The GPUs that WebGPU finds, with their capabilities. */
  readonly adapters?: readonly AdapterReport[];
};

/** Some devices multiply with ten bits of mantissa, which suffices for training. */
const TOLERANCE = 5e-3;

/**
 * Runs the self-test on a backend, and checks its error.
 *
 * @throws RewardEditError 'usage' if there is no backend of that name.
 */
export async function selfTest(name: string, open: () => Promise<Backend>): Promise<SelfTest> {
  const begun = performance.now();
  let largestError: number;
  try {
    largestError = await errorOn(await open());
  } catch (error) {
    if (!(error instanceof RewardEditError) || error.code === 'usage') throw error;
    return {
      backend: name,
      outcome: 'not available',
      problem: [firstLine(error.message).replace(/\.$/, ''), error.hint].filter(Boolean).join('. '),
    };
  }
  const seconds = (performance.now() - begun) / 1000;
  const outcome = largestError <= TOLERANCE ? 'passed' : 'failed';
  return { backend: name, outcome, largestError, seconds };
}

function firstLine(text: string): string {
  return text.split('\n')[0];
}

async function errorOn(backend: Backend): Promise<number> {
  try {
    return await errorOfBackend(backend);
  } finally {
    await backend.dispose();
  }
}
