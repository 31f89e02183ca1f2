import {
  cast,
  gradients,
  input,
  mean,
  mul,
  program,
  sub,
  type Backend,
  type Tensor,
  type TensorData,
} from '@rewardedit/graph';
import { typesToTrain, type Precision } from '@rewardedit/diffusion';
import {
  createNetwork,
  rewardSinusoids,
  timestepSinusoids,
  unet,
  unetInputs,
  type ParameterSpecs,
  type UNetConfig,
} from '@rewardedit/models';
import type { Tensors } from './reference-sets.ts';

/** What one forward and backward pass of a U-Net gives, by the names of the reference. */
export interface UNetResults {
  readonly output: TensorData;
  /** Mean squared error between output and target. */
  readonly loss: TensorData;
  readonly activations: Readonly<Record<string, TensorData>>;
  readonly gradients: Readonly<Record<string, TensorData>>;
  readonly inputGradients: Readonly<Record<string, TensorData>>;
}

/** What the loss is multiplied by, and gradients are divided by: as in training, so that f16 holds small ones. */
const LOSS_SCALES: Readonly<Record<Precision, number>> = { f32: 1, f16: 4096 };

/** The reference's names of inputs that a gradient may be asked for. */
type DifferentiableInput = 'sample' | 'encoder_hidden_states' | 'class_labels' | 'negative_embeds';

/**
 * Runs a U-Net and the gradients of the mean squared error, as one program.
 *
 * @param options.read the values of each weight.
 * @param options.given the reference's inputs: `sample`, `timestep`, `encoder_hidden_states`, `target`, and where the network
 * takes them `class_labels`, `reward_scores` and `negative_embeds`.
 * @param options.activations names of modules whose outputs are wanted.
 */
export async function runUNet(
  backend: Backend,
  config: UNetConfig,
  {
    read,
    given,
    activations,
    inputGradients,
    precision = 'f32',
  }: {
    read: (name: string, specs: ParameterSpecs) => Promise<TensorData>;
    given: Tensors;
    activations: readonly string[];
    inputGradients: readonly string[];
    /** What layers compute in; f32 unless told. */
    precision?: Precision;
  },
): Promise<UNetResults> {
  const [batch, , height, width] = given.shapes.sample;
  const tokens = given.shapes.encoder_hidden_states[1];
  const network = createNetwork(typesToTrain(precision));
  const inputs = unetInputs(config, { batch, height, width, tokens });
  const output = cast(unet(network.scope, config, inputs), 'f32');
  const error = sub(output, input('target', given.shapes.target));
  const loss = mean(mul(error, error));

  const differentiable: Record<DifferentiableInput, Tensor | undefined> = {
    sample: inputs.sample,
    encoder_hidden_states: inputs.encoderHiddenStates,
    class_labels: inputs.classLabels,
    negative_embeds: inputs.reward?.feedback,
  };
  const names = Object.keys(network.parameters);
  const scale = LOSS_SCALES[precision];
  const scaled = gradients(mul(loss, scale), [
    ...Object.values(network.parameters),
    ...inputGradients.map((name) => wanted(differentiable, name, 'input')),
  ]);
  const found = scaled.map((gradient) => mul(gradient, 1 / scale));
  const outputs = {
    output,
    loss,
    ...prefixed(
      'activation',
      activations,
      activations.map((name) => wanted(network.traces, name, 'module')),
    ),
    ...prefixed('gradient', names, found),
    ...prefixed('input_gradient', inputGradients, found.slice(names.length)),
  };

  const state = await backend.createState(network.specs);
  for (const name of names) await state.write(name, await read(name, network.specs));
  const executable = await backend.compile(program({ outputs }), state);
  const results = await executable.run({
    ...given.values,
    time_proj: timestepSinusoids(config, given.values.timestep),
    ...(config.reward && { reward_proj: rewardSinusoids(config.reward, given.values.reward_scores, config) }),
  });
  await executable.dispose();
  await state.dispose();
  return {
    output: results.output,
    loss: results.loss,
    activations: unprefixed('activation', activations, results),
    gradients: unprefixed('gradient', names, results),
    inputGradients: unprefixed('input_gradient', inputGradients, results),
  };
}

function wanted(tensors: Readonly<Record<string, Tensor | undefined>>, name: string, what: string): Tensor {
  const tensor = Object.hasOwn(tensors, name) ? tensors[name] : undefined;
  if (!tensor)
    throw new Error(`The reference names the ${what} "${name}", which this network does not have.`);
  return tensor;
}

function prefixed(
  prefix: string,
  names: readonly string[],
  tensors: readonly Tensor[],
): Record<string, Tensor> {
  return Object.fromEntries(names.map((name, i) => [`${prefix}:${name}`, tensors[i]]));
}

function unprefixed(
  prefix: string,
  names: readonly string[],
  results: Readonly<Record<string, TensorData>>,
): Record<string, TensorData> {
  return Object.fromEntries(names.map((name) => [name, results[`${prefix}:${name}`]]));
}
