import { constants } from 'node:os';
import { RewardEditError } from '@rewardedit/core';
import { findProvider, installedRuntime, type Runtime } from './provider-files.ts';

/** A library that ONNX Runtime's CUDA provider links against, and where it comes from. */
export interface CudaLibrary {
  readonly file: string;
  readonly from: string;
}

/** For ONNX Runtime 1.30, whose PyPI packages are built for CUDA 13 and cuDNN 9. */
const CUDA_LIBRARIES: readonly CudaLibrary[] = [
  { file: 'libcuda.so.1', from: "NVIDIA's driver" },
  { file: 'libcudart.so.13', from: 'CUDA 13' },
  { file: 'libcublas.so.13', from: 'CUDA 13' },
  { file: 'libcublasLt.so.13', from: 'CUDA 13' },
  { file: 'libcufft.so.12', from: 'CUDA 13' },
  { file: 'libcurand.so.10', from: 'CUDA 13' },
  { file: 'libnvrtc.so.13', from: 'CUDA 13' },
  { file: 'libcudnn.so.9', from: 'cuDNN 9' },
];

/**
 * Checks that the CUDA provider can be loaded, before ONNX Runtime tries and fails with an obscure message.
 *
 * @throws RewardEditError 'failed' naming what is missing: the provider, the driver, CUDA's libraries or
 * cuDNN.
 */
export function assertCudaIsThere(
  libraries: readonly CudaLibrary[] = CUDA_LIBRARIES,
  runtime: Runtime = installedRuntime(),
): void {
  if (findProvider(runtime) === undefined) {
    throw new RewardEditError('failed', "ONNX Runtime's CUDA provider is not installed", {
      hint: 'rewardedit backend install cuda --from WHEEL installs it (docs/backends.md).',
    });
  }
  const missing = libraries.filter(({ file }) => !isLoadable(file));
  if (missing.length === 0) return;
  const parts = [...new Set(missing.map(({ from }) => from))].map((from) => {
    const files = missing.filter((library) => library.from === from).map(({ file }) => file);
    return `${from} (${files.join(', ')})`;
  });
  throw new RewardEditError('failed', `ONNX Runtime's CUDA provider lacks ${parts.join('; ')}`, {
    hint: 'Install it, and add the folders of the libraries to LD_LIBRARY_PATH before starting the program (docs/backends.md).',
  });
}

/**
 * Whether the loader finds a library and its dependencies. The library stays loaded, because the caller is
 * about to use it.
 */
export function isLoadable(file: string): boolean {
  try {
    process.dlopen({ exports: {} }, file, constants.dlopen.RTLD_LAZY);
    return true;
  } catch (error) {
    // A library that is not a Node module is loaded before Node finds that it registers none.
    return /did not self-register/.test(String(error));
  }
}
