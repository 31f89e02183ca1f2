import { add } from './ops/elementwise.ts';
import { constant, inputOp, isNamedLeaf, stateOp } from './ops/leaf.ts';
import { startRecomputation } from './recompute.ts';
import { sizeOf } from './shape.ts';
import { alike, describe, ShapeError, topologicalOrder, type Tensor } from './tensor.ts';

/**
 * Returns the gradients of a scalar with respect to the given tensors, by reverse-mode differentiation: one
 * backward walk in which every node passes its accumulated gradient to its inputs through its op's rule, and
 * a tensor's gradient is the sum over its uses.
 *
 * @param loss one element, any rank.
 * @returns for each target a tensor of its shape and element type; zeros where the loss does not depend on
 * it.
 * @throws Error if an op's rule does not return one gradient of the right shape and type per input.
 */
export function gradients(loss: Tensor, targets: readonly Tensor[]): Tensor[] {
  return gradientsWhereReached(loss, targets).map(
    (gradient, i) => gradient ?? constant(0, targets[i].shape, targets[i].dtype),
  );
}

/**
 * The same, but undefined for targets that the loss does not depend on or only through ops without a
 * derivative.
 */
export function gradientsWhereReached(loss: Tensor, targets: readonly Tensor[]): (Tensor | undefined)[] {
  if (sizeOf(loss.shape) !== 1)
    throw new ShapeError('gradients', [loss.shape], 'the loss must be a single number');
  const order = topologicalOrder([loss]);
  const needed = dependents(order, targets);
  const recomputed = startRecomputation();
  const collected = new Map([[valueOf(loss), constant(1, loss.shape, loss.dtype)]]);

  for (const tensor of order.toReversed()) {
    const outputGradient = collected.get(valueOf(tensor));
    if (!outputGradient || !needed.has(valueOf(tensor))) continue;
    const { inputs, output } = recomputed(tensor, outputGradient);
    const inputGradients = tensor.op.gradient(outputGradient, inputs, tensor.attributes, output);
    checkRule(tensor, inputGradients);
    for (const [i, target] of tensor.inputs.entries()) {
      const contribution = inputGradients[i];
      if (!contribution || !needed.has(valueOf(target))) continue;
      const others = collected.get(valueOf(target));
      collected.set(valueOf(target), others ? add(others, contribution) : contribution);
    }
  }
  return targets.map((target) => collected.get(valueOf(target)));
}

/**
 * Checks a rule's results here, where the op is known: later, a wrong rule shows only as slightly wrong
 * numbers.
 */
function checkRule({ op, inputs }: Tensor, found: readonly (Tensor | undefined)[]): void {
  const problem = `The gradient rule of the op "${op.name}" is wrong: it returns`;
  if (found.length !== inputs.length)
    throw new Error(`${problem} ${found.length} gradients for ${inputs.length} inputs.`);
  for (const [i, gradient] of found.entries()) {
    if (gradient && !alike(gradient, inputs[i]))
      throw new Error(`${problem} ${describe(gradient)} for input ${i}, which is ${describe(inputs[i])}.`);
  }
}

/** Returns the nodes that depend on one of the targets, and the targets themselves. */
function dependents(order: readonly Tensor[], targets: readonly Tensor[]): Set<Tensor | string> {
  const found = new Set(targets.map(valueOf));
  for (const tensor of order) {
    if (tensor.inputs.some((input) => found.has(valueOf(input)))) found.add(valueOf(tensor));
  }
  return found;
}

/**
 * The identity of a node: itself, or for a leaf its kind and name, because a leaf declared twice is one
 * value.
 */
function valueOf(tensor: Tensor): Tensor | string {
  const named = isNamedLeaf(tensor, inputOp) || isNamedLeaf(tensor, stateOp);
  return named ? `${tensor.op.name} ${tensor.attributes.name}` : tensor;
}
