import type { AdapterReport } from '@rewardedit/backend-webgpu';
import { RewardEditError } from '@rewardedit/core';
import { selfTest as errorOfBackend, type Backend } from '@rewardedit/graph';

/** How a backend did on a small network whose results are known. */
export type SelfTest = {
  readonly backend: string;
  /** "not available" where it cannot be started on this machine, for want of a device or a driver. */
  readonly outcome: 'passed' | 'failed' | 'not available';
  /** The largest difference from the reference, as a share of the largest value of its tensor. */
  readonly largestError?: number;
  /** Seconds that it took to start, compile, run and compare. */
  readonly seconds?: number;
  readonly problem?: string;
  /** The GPUs that WebGPU finds, with what they can do. */
  readonly adapters?: readonly AdapterReport[];
};

/** Some devices multiply with ten bits of mantissa, which is enough to learn with. */
const TOLERANCE = 5e-3;

/**
 * Runs the self-test of all backends, and judges its error.
 *
 * @throws RewardEditError 'usage' where there is no backend of that name.
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
