import './no-telemetry.ts';
import { listSupportedBackends, type InferenceSession } from 'onnxruntime-node';
import { RewardEditError } from '@rewardedit/core';

interface ProviderTraits {
  /** How ONNX Runtime is asked for it. */
  readonly options: InferenceSession.ExecutionProviderConfig;
  /** Whether it has ONNX Runtime's own op for products of transposed matrices. */
  readonly fusedMatMul: boolean;
  /** Whether it reads inputs where they lie, so that the same one in several shapes costs nothing. */
  readonly inputViews?: boolean;
  /** Whether what a session is given is carried to a device: ONNX Runtime keeps nothing there between two runs for Node. */
  readonly copiesState?: boolean;
  /** Whether small convolutions in the place of one of repeated pixels pay. */
  readonly smallConvolutions?: boolean;
}

/** What ONNX Runtime can compute with. */
const PROVIDERS = {
  cpu: { options: { name: 'cpu' }, fusedMatMul: true, inputViews: true, smallConvolutions: true },
  cuda: { options: { name: 'cuda' }, fusedMatMul: true, copiesState: true },
  // In its default layout, some convolutions (in-channels 6, 9, 18, ...) silently give wrong results in 1.30.
  webgpu: { options: { name: 'webgpu', preferredLayout: 'NCHW' }, fusedMatMul: false, copiesState: true },
  dml: { options: { name: 'dml' }, fusedMatMul: true, copiesState: true },
  coreml: { options: { name: 'coreml' }, fusedMatMul: true, copiesState: true },
} as const satisfies Record<string, ProviderTraits>;

export type Provider = keyof typeof PROVIDERS;

export const PROVIDER_NAMES = Object.keys(PROVIDERS) as readonly Provider[];

/**
 * The providers that this installation of ONNX Runtime has. That a device is there as well shows only when a
 * session is made.
 */
export function availableProviders(): readonly Provider[] {
  const supported = new Set(listSupportedBackends().map(({ name }) => name));
  return PROVIDER_NAMES.filter((name) => supported.has(name));
}

/**
 * The provider of a backend's name: `onnx` and `onnx:cpu` are the CPU's, `onnx:cuda` that of NVIDIA.
 *
 * @throws RewardEditError 'usage' where there is no such provider, or this installation does not have it.
 */
export function parseProvider(name: string): Provider {
  const [family, provider = 'cpu', ...rest] = name.split(':');
  if (family === 'onnx' && rest.length === 0) return availableProvider(provider);
  throw unknownBackend(name);
}

/** The provider of this name, if this installation has it. */
export function availableProvider(name: string): Provider {
  const found = availableProviders().find((each) => each === name);
  if (found) return found;
  throw unknownBackend(`onnx:${name}`);
}

function unknownBackend(name: string): RewardEditError {
  return new RewardEditError('usage', `There is no backend "${name}" on this machine.`, {
    hint: `It has ${availableProviders()
      .map((each) => `onnx:${each}`)
      .join(', ')}.`,
  });
}

export function providerTraits(provider: Provider): ProviderTraits {
  return PROVIDERS[provider];
}
