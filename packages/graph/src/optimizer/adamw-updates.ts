import { adamw, type AdamWAttributes } from '../ops/adamw.ts';
import { add, mul } from '../ops/elementwise.ts';
import { input, isNamedLeaf, state, stateOp } from '../ops/leaf.ts';
import type { NamedTensors, Tensor } from '../tensor.ts';
import { stateNames } from './state-names.ts';

export interface AdamWSettings extends AdamWAttributes {
  /** Decay rates of the moving averages of the gradient and of its square. */
  readonly betas: readonly [first: number, second: number];
}

/** The trained parameters and, under the same names, their gradients. */
export interface Descent {
  /** State leaves by name. All other state stays frozen. */
  readonly parameters: NamedTensors;
  readonly gradients: NamedTensors;
}

/**
 * Returns the updates of one AdamW step (Loshchilov and Hutter, arXiv 1711.05101; `torch.optim.AdamW`): new
 * values of the parameters and of their two moments, which are state entries named by `stateNames` and start
 * at zero. The program gets the scalar inputs `learning_rate`, `correction1` and `correction2`;
 * `adamwScalars` computes the last two.
 */
export function adamwUpdates({
  parameters,
  gradients,
  betas,
  epsilon,
  weightDecay,
}: Descent & AdamWSettings): NamedTensors {
  const scalars = {
    learningRate: input('learning_rate', []),
    correction1: input('correction1', []),
    correction2: input('correction2', []),
  };
  const updates: Record<string, Tensor> = {};
  const movingAverage = (name: string, value: Tensor, keep: number) => {
    updates[name] = add(mul(state(name, value.shape), keep), mul(value, 1 - keep));
    return updates[name];
  };
  for (const [name, parameter] of Object.entries(parameters)) {
    if (!isNamedLeaf(parameter, stateOp) || parameter.attributes.name !== name)
      throw new Error(`adamwUpdates: the parameter "${name}" is not the state entry of that name.`);
    const gradient = gradients[name];
    if (!gradient) throw new Error(`adamwUpdates: the parameter "${name}" has no gradient.`);
    const firstMoment = movingAverage(stateNames.firstMoment(name), gradient, betas[0]);
    const secondMoment = movingAverage(stateNames.secondMoment(name), mul(gradient, gradient), betas[1]);
    updates[name] = adamw({ parameter, firstMoment, secondMoment, ...scalars }, { epsilon, weightDecay });
  }
  return updates;
}

/** Returns the bias corrections of step 1, 2, ...: 1 - beta^step for each moment. */
export function adamwScalars(
  step: number,
  [beta1, beta2]: AdamWSettings['betas'],
): { correction1: number; correction2: number } {
  return { correction1: 1 - beta1 ** step, correction2: 1 - beta2 ** step };
}
