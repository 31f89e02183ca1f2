import {
  gradients,
  mul,
  program,
  type Backend,
  type NamedTensors,
  type Tensor,
  type TensorData,
} from '@rewardedit/graph';
import type { Network } from '@rewardedit/models';

/** A network to compare with a reference. */
export interface NetworkRun {
  readonly network: Network;
  /** Its outputs, by the reference's names. */
  readonly outputs: NamedTensors;
  /** The scalar to differentiate. */
  readonly loss: Tensor;
  /** The loss scale, for networks in f16; 1 by default. */
  readonly lossScale?: number;
  /** Activations outside of the network's modules, by the reference's names. */
  readonly stages?: NamedTensors;
  /** Inputs that may have reference gradients. */
  readonly differentiable: Readonly<Record<string, Tensor | undefined>>;
  /** Returns the values of a weight. */
  readonly read: (name: string) => Promise<TensorData>;
  /** The values of the inputs. */
  readonly given: Readonly<Record<string, TensorData>>;
}

/** The names in a reference. */
export interface Asked {
  readonly activations: readonly string[];
  /** Parameters with reference gradients. */
  readonly gradients: readonly string[];
  readonly inputGradients: readonly string[];
}

export interface NetworkResults {
  readonly outputs: Readonly<Record<string, TensorData>>;
  readonly activations: Readonly<Record<string, TensorData>>;
  readonly gradients: Readonly<Record<string, TensorData>>;
  readonly inputGradients: Readonly<Record<string, TensorData>>;
}

/**
 * Runs a network and the gradients of its loss, as one program.
 *
 * @throws Error if the reference has a module, weight or input that the network lacks.
 */
export async function runNetwork(
  backend: Backend,
  { network, outputs, loss, lossScale = 1, stages = {}, differentiable, read, given }: NetworkRun,
  { activations, gradients: trained, inputGradients }: Asked,
): Promise<NetworkResults> {
  const traces = { ...network.traces, ...stages };
  const scaled = gradients(mul(loss, lossScale), [
    ...trained.map((name) => wanted(network.parameters, name, 'weight')),
    ...inputGradients.map((name) => wanted(differentiable, name, 'input')),
  ]);
  const found = scaled.map((gradient) => mul(gradient, 1 / lossScale));
  const groups: Record<string, NamedTensors> = {
    outputs,
    activations: byName(
      activations,
      activations.map((name) => wanted(traces, name, 'module')),
    ),
    gradients: byName(trained, found),
    inputGradients: byName(inputGradients, found.slice(trained.length)),
  };
  const all = Object.entries(groups).flatMap(([group, tensors]) =>
    Object.entries(tensors).map(([name, tensor]) => [`${group}:${name}`, tensor] as const),
  );
  const state = await backend.createState(network.specs);
  try {
    for (const name of Object.keys(network.specs)) await state.write(name, await read(name));
    const executable = await backend.compile(program({ outputs: Object.fromEntries(all) }), state);
    const results = await executable.run(given);
    await executable.dispose();
    const of = (group: string) =>
      Object.fromEntries(Object.keys(groups[group]).map((name) => [name, results[`${group}:${name}`]]));
    return {
      outputs: of('outputs'),
      activations: of('activations'),
      gradients: of('gradients'),
      inputGradients: of('inputGradients'),
    };
  } finally {
    await state.dispose();
  }
}

function wanted(tensors: Readonly<Record<string, Tensor | undefined>>, name: string, what: string): Tensor {
  const tensor = Object.hasOwn(tensors, name) ? tensors[name] : undefined;
  if (!tensor) throw new Error(`The reference names the ${what} "${name}", which this network lacks.`);
  return tensor;
}

function byName(names: readonly string[], tensors: readonly Tensor[]): NamedTensors {
  return Object.fromEntries(names.map((name, i) => [name, tensors[i]]));
}
