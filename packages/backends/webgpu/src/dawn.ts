import { totalmem } from 'node:os';
import { findAdapter } from './device/adapters.ts';
import { freeGpuMemory } from './device/gpu-memory.ts';
import type { KernelSet } from './device/kernel-set.ts';
import { openDevice } from './device/open-device.ts';
import { passesSelfTest } from './device/passes-self-test.ts';
import type { Choices } from './tuning/choices.ts';
import { choiceFileOf, choicesInFile } from './tuning/choice-file.ts';
import { createTuner } from './tuning/tuner.ts';
import { createDeviceBackend, type WebGpuBackend } from './webgpu-backend.ts';

/** The version of Dawn, which affects how shaders are compiled. */
const DAWN = 'webgpu 0.6.2';

export interface WebGpuBackendOptions {
  /** Part of the name of the GPU to use; "software" runs on the processor. */
  readonly adapter?: string | undefined;
  /**
   * Whether to time the variants of new kernels and keep the choice on disk. By default, this is done on
   * GPUs.
   */
  readonly tune?: boolean | undefined;
  /**
   * Which kernels to use. By default, all of them on a GPU that passes the self-test with them, else the
   * plain ones; the self-test runs once per adapter, driver and version of Dawn, in a separate process.
   */
  readonly kernels?: KernelSet | undefined;
  /** Receives notices for the user, one line each: for example, that no GPU was found. */
  readonly notice?: ((line: string) => void) | undefined;
}

/**
 * Runs programs on a GPU through Dawn, Chromium's WebGPU; without a GPU, on the processor, if a software
 * driver is installed.
 *
 * @throws RewardEditError 'failed' if no adapter is found, with a hint what to install.
 */
export async function createWebGpuBackend({
  adapter: chosen,
  tune = true,
  kernels: asked,
  notice,
}: WebGpuBackendOptions = {}): Promise<WebGpuBackend> {
  const found = await findAdapter(chosen, asked);
  const { info } = found;
  const software = info.isFallbackAdapter;
  const choices = choicesInFile(choiceFileOf(info, DAWN));
  const kernels = asked ?? (software ? 'full' : await trustedKernels(chosen, choices));
  const adapter = kernels === 'safe' && asked !== 'safe' ? await findAdapter(chosen, kernels) : found;
  const { device, traits } = await openDevice(adapter, kernels);
  const shown = info.device || info.description;
  if (software && chosen === undefined)
    notice?.(`No GPU was found: WebGPU runs on the processor (${shown}), slowly.`);
  if (kernels === 'safe')
    notice?.(`${shown} failed the self-test with all kernels: using only the plain ones, which are slower.`);
  return createDeviceBackend(device, {
    traits,
    name: software ? 'webgpu:software' : 'webgpu',
    tuner: tune && !software && kernels === 'full' ? (parts) => createTuner(parts, choices) : undefined,
    availableMemory: software ? () => process.availableMemory() : freeGpuMemory(info.vendor),
    // WebGPU does not report the memory of a GPU; an allocation that does not fit fails.
    memoryLimit: software ? totalmem : () => Number.POSITIVE_INFINITY,
  });
}

/** The key of the self-test's result among the choices of kernels. */
const TRUSTED = 'kernels';

/** Returns the kernels that a GPU is known to run correctly; runs the self-test if that is not known. */
async function trustedKernels(adapter: string | undefined, choices: Choices): Promise<KernelSet> {
  const known = choices.get(TRUSTED);
  if (known === 'full' || known === 'safe') return known;
  const found = (await passesSelfTest(adapter, 'full')) ? 'full' : 'safe';
  choices.set(TRUSTED, found);
  return found;
}
