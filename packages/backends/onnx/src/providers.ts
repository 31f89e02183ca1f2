import './no-telemetry.ts';
import { listSupportedBackends, type InferenceSession } from 'onnxruntime-node';
import { RewardEditError } from '@rewardedit/core';

interface ProviderTraits {
  /** How a session requests it. */
  readonly options: InferenceSession.ExecutionProviderConfig;
  /** Whether it has ONNX Runtime's FusedMatMul, a product with transposed operands. */
  readonly fusedMatMul: boolean;
  /** Whether it reads inputs in place, so that additional views of an input are free. */
  readonly inputViews?: boolean;
  /** Whether inputs are copied to a device: ONNX Runtime's Node API keeps nothing there between runs. */
  readonly copiesState?: boolean;
  /** Whether smaller convolutions in place of those of repeated pixels pay off. */
  readonly smallConvolutions?: boolean;
}

/** ONNX Runtime's execution providers. */
const PROVIDERS = {
  cpu: { options: { name: 'cpu' }, fusedMatMul: true, inputViews: true, smallConvolutions: true },
  cuda: { options: { name: 'cuda' }, fusedMatMul: true, copiesState: true },
  // In its default layout, 1.30 computes some convolutions (in-channels 6, 9, 18, ...) wrongly without an
  // error.
  webgpu: { options: { name: 'webgpu', preferredLayout: 'NCHW' }, fusedMatMul: false, copiesState: true },
  dml: { options: { name: 'dml' }, fusedMatMul: true, copiesState: true },
  coreml: { options: { name: 'coreml' }, fusedMatMul: true, copiesState: true },
} as const satisfies Record<string, ProviderTraits>;

export type Provider = keyof typeof PROVIDERS;

export const PROVIDER_NAMES = Object.keys(PROVIDERS) as readonly Provider[];

/**
 * The providers of this installation of ONNX Runtime. Whether their device exists only shows when a session
 * is created.
 */
export function availableProviders(): readonly Provider[] {
  const supported = new Set(listSupportedBackends().map(({ name }) => name));
  return PROVIDER_NAMES.filter((name) => supported.has(name));
}

/**
 * Parses a backend's name to its provider: `onnx` and `onnx:cpu` are the CPU, `onnx:cuda` is NVIDIA's.
 *
 * @throws RewardEditError 'usage' for an unknown provider, or one that this installation lacks.
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
  return new RewardEditError('usage', `The backend "${name}" is not available on this machine.`, {
    hint: `It has ${availableProviders()
      .map((each) => `onnx:${each}`)
      .join(', ')}.`,
  });
}

export function providerTraits(provider: Provider): ProviderTraits {
  return PROVIDERS[provider];
}
