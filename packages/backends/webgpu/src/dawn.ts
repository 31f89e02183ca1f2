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

/** The version of Dawn's package, which decides how shaders are compiled. */
const DAWN = 'webgpu 0.6.2';

export interface WebGpuBackendOptions {
  /** A part of the name of the GPU to use, where there are several; "software" computes on the processor. */
  readonly adapter?: string | undefined;
  /** Whether kernels that are met for the first time are timed; their choice is kept on disk. They are by default, on a GPU. */
  readonly tune?: boolean | undefined;
  /**
   * Which kernels are used. Unless told, all of them on a GPU that computes the self-test right with them, and plain ones where it does
   * not; that is tried once for each adapter, driver and version of Dawn, in a process of its own.
   */
  readonly kernels?: KernelSet | undefined;
  /** Told what a user should know, in one line: that there is no GPU, for example. */
  readonly notice?: ((line: string) => void) | undefined;
}

/**
 * Runs programs on a GPU through Dawn, Chromium's WebGPU; on a machine without one, on the processor, if a driver for it
 * is installed.
 *
 * @throws RewardEditError 'failed' where there is no adapter, with what to install.
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
    notice?.(`No GPU was found: WebGPU computes on the processor (${shown}), slowly.`);
  if (kernels === 'safe')
    notice?.(
      `${shown} does not compute rightly with all kernels: only plain ones are used, which are slower.`,
    );
  return createDeviceBackend(device, {
    traits,
    name: software ? 'webgpu:software' : 'webgpu',
    tuner: tune && !software && kernels === 'full' ? (parts) => createTuner(parts, choices) : undefined,
    availableMemory: software ? () => process.availableMemory() : freeGpuMemory(info.vendor),
    // WebGPU does not tell how much memory a GPU has; what does not fit shows when it is asked for.
    memoryLimit: software ? totalmem : () => Number.POSITIVE_INFINITY,
  });
}

/** The key under which the result of the self-test is kept beside the choices of kernels. */
const TRUSTED = 'kernels';

/** The kernels that a GPU has been found to compute rightly with; tried where that is not known yet. */
async function trustedKernels(adapter: string | undefined, choices: Choices): Promise<KernelSet> {
  const known = choices.get(TRUSTED);
  if (known === 'full' || known === 'safe') return known;
  const found = (await passesSelfTest(adapter, 'full')) ? 'full' : 'safe';
  choices.set(TRUSTED, found);
  return found;
}
