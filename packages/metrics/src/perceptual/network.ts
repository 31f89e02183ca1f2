import './no-telemetry.ts';
import { RewardEditError } from '@rewardedit/core';
import { InferenceSession, type Tensor } from 'onnxruntime-node';

/** A trained network in a file of the ONNX form, with its inputs and outputs by name. */
export interface Network {
  readonly path: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Sides of an input; undefined where the file leaves one open. */
  inputShape(name: string): readonly (number | undefined)[];
  /** Gives one output. */
  run(inputs: Readonly<Record<string, Tensor>>, output: string): Promise<Tensor>;
  dispose(): Promise<void>;
}

/**
 * Opens a network on the CPU.
 *
 * @throws RewardEditError 'bad-input' where the file is missing, or is no network that ONNX Runtime can run.
 */
export async function openNetwork(path: string): Promise<Network> {
  let session: InferenceSession;
  try {
    session = await InferenceSession.create(path, { logSeverityLevel: 4 });
  } catch (cause) {
    throw new RewardEditError('bad-input', 'the file cannot be opened as an ONNX model', {
      where: path,
      hint: 'give the path of an .onnx file that ONNX Runtime can run',
      cause,
    });
  }
  return {
    path,
    inputs: session.inputNames,
    outputs: session.outputNames,
    inputShape: (name) => {
      const found = session.inputMetadata.find((input) => input.name === name);
      return found?.isTensor === true
        ? found.shape.map((side) => (typeof side === 'number' ? side : undefined))
        : [];
    },
    run: async (inputs, output) => {
      const results = await session.run(inputs, [output]);
      return results[output];
    },
    dispose: () => session.release(),
  };
}

/**
 * The first of these names that the network has.
 * @throws RewardEditError 'bad-input' naming what it has instead.
 */
export function findName(network: Network, role: 'inputs' | 'outputs', names: readonly string[]): string {
  const found = names.find((name) => network[role].includes(name));
  if (found !== undefined) return found;
  throw new RewardEditError(
    'bad-input',
    `the model has the ${role} ${network[role].join(', ')}, and none called ${names.join(' or ')}`,
    {
      where: network.path,
      hint: 'export the model with names as transformers and its ONNX exporters give them',
    },
  );
}
