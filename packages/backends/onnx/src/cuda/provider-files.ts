import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The files of the provider, in addition to ONNX Runtime itself. */
export const PROVIDER_FILES = [
  'libonnxruntime_providers_shared.so',
  'libonnxruntime_providers_cuda.so',
] as const;

/**
 * An installation of ONNX Runtime: its version, and the folder of its library, where it looks for providers.
 */
export interface Runtime {
  readonly version: string;
  readonly folder: string;
}

/** The installation that this program uses. */
export function installedRuntime(): Runtime {
  const description = createRequire(import.meta.url).resolve('onnxruntime-node/package.json');
  const { version } = JSON.parse(readFileSync(description, 'utf8')) as { version: string };
  const bin = join(dirname(description), 'bin');
  const [api] = readdirSync(bin).toSorted().toReversed();
  return { version, folder: join(bin, api, process.platform, process.arch) };
}

/** The folder of the CUDA provider, if it is installed. */
export function findProvider({ folder }: Runtime): string | undefined {
  return PROVIDER_FILES.every((file) => existsSync(join(folder, file))) ? folder : undefined;
}
