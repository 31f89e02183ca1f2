import { listSupportedBackends, type InferenceSession } from 'onnxruntime-node';
import { RewardEditError } from '@rewardedit/core';

/** What ONNX Runtime can compute with, and how it is asked to. */
const PROVIDERS = {
  cpu: { name: 'cpu' },
  cuda: { name: 'cuda' },
  // In its default layout, some convolutions (in-channels 6, 9, 18, ...) silently give wrong results in 1.30.
  webgpu: { name: 'webgpu', preferredLayout: 'NCHW' },
  dml: { name: 'dml' },
  coreml: { name: 'coreml' },
} as const satisfies Record<string, InferenceSession.ExecutionProviderConfig>;

export type Provider = keyof typeof PROVIDERS;

export const PROVIDER_NAMES = Object.keys(PROVIDERS) as readonly Provider[];

/** The providers that this installation of ONNX Runtime has. That a device is there as well shows only when a session is made. */
export function availableProviders(): readonly Provider[] {
  const supported = new Set(listSupportedBackends().map(({ name }) => name));
  return PROVIDER_NAMES.filter((name) => supported.has(name));
}

/**
 * The provider of a backend's name: `onnx` and `onnx:cpu` are the CPU's, `onnx:cuda` that of NVIDIA.
 *
 * @throws RewardEditError where there is no such provider, or not on this machine.
 */
export function parseProvider(name: string): Provider {
  const [family, provider = 'cpu', ...rest] = name.split(':');
  const available = availableProviders();
  const found = available.find((each) => each === provider);
  if (family === 'onnx' && found && rest.length === 0) return found;
  throw new RewardEditError('usage', `There is no backend "${name}" on this machine.`, {
    hint: `It has ${available.map((each) => `onnx:${each}`).join(', ')}.`,
  });
}

export function providerOptions(provider: Provider): InferenceSession.ExecutionProviderConfig {
  return PROVIDERS[provider];
}
