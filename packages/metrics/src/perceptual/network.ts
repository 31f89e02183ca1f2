import './no-telemetry.ts';
import { RewardEditError } from '@rewardedit/core';
import { InferenceSession, type Tensor } from 'onnxruntime-node';

/** A network in an ONNX file, with named inputs and outputs. */
export interface Network {
  readonly path: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Returns the shape of an input; undefined for a dynamic axis. */
  inputShape(name: string): readonly (number | undefined)[];
  /** Computes one output. */
  run(inputs: Readonly<Record<string, Tensor>>, output: string): Promise<Tensor>;
  dispose(): Promise<void>;
}

/** Opens a network on the CPU. Throws 'bad-input' if the file is missing or ONNX Runtime cannot run it. */
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

/** Returns the first of these names that the network has. Throws 'bad-input' naming what it has instead. */
export function findName(network: Network, role: 'inputs' | 'outputs', names: readonly string[]): string {
  const found = names.find((name) => network[role].includes(name));
  if (found !== undefined) return found;
  throw new RewardEditError(
    'bad-input',
    `the model has the ${role} ${network[role].join(', ')}, but none called ${names.join(' or ')}`,
    {
      where: network.path,
      hint: 'export the model with the names that transformers and its ONNX exporters use',
    },
  );
}
