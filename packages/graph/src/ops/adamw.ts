import { sameShape } from '../shape.ts';
import { oneType } from '../dtype.ts';
import { node, type Op, type Tensor } from '../tensor.ts';

export interface AdamWAttributes {
  readonly epsilon: number;
  /** Decoupled weight decay: the share of the parameter subtracted per step, times the learning rate. */
  readonly weightDecay: number;
}

/**
 * Returns the parameter after one AdamW step, from the parameter, its two updated moments, the learning rate,
 * and the two bias corrections 1 - beta^n (scalars). Decay comes before the step, as in PyTorch. Everything
 * is f32: f16 would round most steps to nothing.
 */
export const adamwOp: Op<AdamWAttributes> = {
  name: 'adamw',
  shape: ([parameter, first, second, ...scalars], _, reject) => {
    if (!sameShape(parameter, first) || !sameShape(parameter, second))
      return reject('the moments must have the shape of the parameter');
    if (scalars.length !== 3 || scalars.some((shape) => shape.length > 0))
      return reject('needs the learning rate and two bias corrections as scalars');
    return parameter;
  },
  dtype: oneType(['f32']),
  gradient: () => {
    throw new Error('adamw: an optimizer step is not differentiated.');
  },
  evaluate: (
    [parameter, first, second, [learningRate], [correction1], [correction2]],
    { epsilon, weightDecay },
  ) =>
    parameter.map((p, i) => {
      const deviation = Math.sqrt(second[i]) / Math.sqrt(correction2) + epsilon;
      return p * (1 - learningRate * weightDecay) - ((learningRate / correction1) * first[i]) / deviation;
    }),
};

export interface AdamWOperands {
  readonly parameter: Tensor;
  /** Moving average of the gradient, including this step's. */
  readonly firstMoment: Tensor;
  /** Moving average of the squared gradient, including this step's. */
  readonly secondMoment: Tensor;
  readonly learningRate: Tensor;
  /** 1 - beta1^n at step n = 1, 2, ... */
  readonly correction1: Tensor;
  /** 1 - beta2^n. */
  readonly correction2: Tensor;
}

/**
 * Returns the parameter after one AdamW step (Loshchilov and Hutter, arXiv 1711.05101; `torch.optim.AdamW`).
 */
export function adamw(operands: AdamWOperands, attributes: AdamWAttributes): Tensor {
  const { parameter, firstMoment, secondMoment, learningRate, correction1, correction2 } = operands;
  return node(
    adamwOp,
    [parameter, firstMoment, secondMoment, learningRate, correction1, correction2],
    attributes,
  );
}
