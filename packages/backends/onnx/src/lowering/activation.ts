import type { Tensor } from '@rewardedit/graph';
import type { Emitter, Value } from './emitter.ts';
import { filling, scalar } from './leaf.ts';
import { isNodeOf, type GraphView, type Lowering } from './lowering.ts';

/**
 * The gradient of y = x s with s = sigmoid(x). The graph sums dy s and (dy x) (s (1 - s)), which is dy (s (1
 * - y) + y): two fewer passes over memory, and x need not be kept for it.
 */
export function siluGradient(emitter: Emitter, tensor: Tensor, graph: GraphView): Value | undefined {
  const [direct, through] = tensor.inputs;
  if (!isNodeOf(direct, 'mul') || !isNodeOf(through, 'mul')) return undefined;
  const [dy, s] = direct.inputs;
  const [product, slope] = through.inputs;
  const [x] = s.inputs;
  const matches =
    isNodeOf(s, 'sigmoid') &&
    isProduct(product, dy, x) &&
    isNodeOf(slope, 'mul') &&
    slope.inputs[0] === s &&
    isNodeOf(slope.inputs[1], 'sub') &&
    filling(slope.inputs[1].inputs[0]) === 1 &&
    slope.inputs[1].inputs[1] === s;
  if (!matches) return undefined;
  const op = (name: string, ...operands: Value[]) => emitter.emit(name, operands);
  const [gradient, input, sigmoid] = [dy, x, s].map(graph.valueOf);
  const y = op('Mul', input, sigmoid);
  const rest = op('Sub', scalar(emitter, 1, x.dtype), y);
  return op('Mul', gradient, op('Add', op('Mul', sigmoid, rest), y));
}

function isProduct(tensor: Tensor, a: Tensor, b: Tensor): boolean {
  return isNodeOf(tensor, 'mul') && tensor.inputs[0] === a && tensor.inputs[1] === b;
}

/** In the form its gradient uses, so that both share nodes. */
export const gelu: Lowering<'gelu'> = (emitter, [x], { dtype }) => {
  const op = (name: string, ...operands: Value[]) => emitter.emit(name, operands);
  const number = (value: number) => scalar(emitter, value, dtype);
  const error = op('Erf', op('Mul', x, number(Math.SQRT1_2)));
  return op('Mul', x, op('Mul', op('Add', error, number(1)), number(0.5)));
};
