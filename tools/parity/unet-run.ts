import { typesToTrain, type Precision } from '@rewardedit/diffusion';
import { cast, input, mean, mul, sub, type Backend, type Tensor, type TensorData } from '@rewardedit/graph';
import {
  createNetwork,
  rewardSinusoids,
  timestepSinusoids,
  unet,
  unetInputs,
  type ParameterSpecs,
  type UNetConfig,
} from '@rewardedit/models';
import { runNetwork } from './network-run.ts';
import type { Tensors } from './reference-sets.ts';

/** The results of a U-Net's forward and backward pass, by the reference's names. */
export interface UNetResults {
  readonly output: TensorData;
  /** Mean squared error between output and target. */
  readonly loss: TensorData;
  readonly activations: Readonly<Record<string, TensorData>>;
  readonly gradients: Readonly<Record<string, TensorData>>;
  readonly inputGradients: Readonly<Record<string, TensorData>>;
}

/** The loss scale in f16, as in training, so that small gradients do not underflow. */
const LOSS_SCALES: Readonly<Record<Precision, number>> = { f32: 1, f16: 4096 };

/** The reference's names of inputs that may have gradients. */
type DifferentiableInput = 'sample' | 'encoder_hidden_states' | 'class_labels' | 'negative_embeds';

/**
 * Runs a U-Net and the gradients of the mean squared error, as one program.
 *
 * @param options.read returns the values of a weight.
 * @param options.given the reference's inputs: `sample`, `timestep`, `encoder_hidden_states`, `target`, and
 * optionally `class_labels`, `reward_scores` and `negative_embeds`.
 * @param options.activations names of modules whose outputs are requested.
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
    /** The type that layers compute in; f32 by default. */
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
  const run = {
    network,
    outputs: { output, loss },
    loss,
    differentiable,
    lossScale: LOSS_SCALES[precision],
    read: (name: string) => read(name, network.specs),
    given: { ...given.values, ...unetSinusoids(config, given.values) },
  };
  const names = Object.keys(network.parameters);
  const { outputs, ...rest } = await runNetwork(backend, run, {
    activations,
    gradients: names,
    inputGradients,
  });
  return { output: outputs.output, loss: outputs.loss, ...rest };
}

/** The inputs of a U-Net that the host computes, from the reference's timesteps and scores. */
export function unetSinusoids(
  config: UNetConfig,
  { timestep, reward_scores: scores }: Tensors['values'],
): Record<string, Float32Array> {
  return {
    time_proj: timestepSinusoids(config, timestep),
    ...(config.reward && { reward_proj: rewardSinusoids(config.reward, scores, config) }),
  };
}
