import { nodesOf, sizeOf, type Program, type Tensor } from '@rewardedit/graph';
import { filling } from '../lowering/leaf.ts';
import { isHostOp } from './formulas.ts';

const LEAVES = new Set(['input', 'state', 'constant']);

/**
 * The nodes of a program that the host computes itself: the arithmetic of the optimizer, which takes a pass
 * over memory per op in ONNX Runtime, and a single pass on the host.
 *
 * These are the nodes that only updates and other such nodes depend on and that are element-wise or sums over
 * all elements, except those at the boundary that ONNX Runtime should compute because less data is fetched
 * then (the sum of a weight's two gradients, the loss from the errors).
 */
export function hostNodes(program: Program): ReadonlySet<Tensor> {
  if (Object.keys(program.updates).length === 0) return new Set();
  const order = nodesOf(program);
  const users = new Map<Tensor, Tensor[]>(order.map((tensor) => [tensor, []]));
  for (const tensor of order) for (const operand of tensor.inputs) users.get(operand)!.push(tensor);
  const results = new Set([...Object.values(program.outputs), ...Object.values(program.updates)]);
  const updates = new Set(Object.values(program.updates));

  const host = new Set<Tensor>();
  for (const tensor of order.toReversed()) {
    if (canRunOnHost(tensor) && users.get(tensor)!.every((user) => host.has(user))) host.add(tensor);
  }

  /** Elements to fetch for this tensor if ONNX Runtime computes it. */
  const toFetch = (tensor: Tensor) => (LEAVES.has(tensor.op.name) ? 0 : sizeOf(tensor.shape));
  /** Elements that no longer need to be fetched if the host does not compute `tensor`. */
  const fetchedFor = (tensor: Tensor) =>
    [...new Set(tensor.inputs)]
      .filter((operand) => !results.has(operand))
      .filter((operand) => users.get(operand)!.every((user) => user === tensor || !host.has(user)))
      .reduce((total, operand) => total + toFetch(operand), 0);

  // From the boundary inwards, give ONNX Runtime whatever costs no more there.
  for (const tensor of order) {
    if (!host.has(tensor) || tensor.inputs.some((operand) => host.has(operand))) continue;
    if (toFetch(tensor) <= fetchedFor(tensor)) host.delete(tensor);
  }
  // Then back: the host takes what is as cheap at the boundary, in one pass with the rest.
  for (const tensor of order.toReversed()) {
    const used = users.get(tensor)!;
    if (host.has(tensor) || !canRunOnHost(tensor) || !used.every((user) => host.has(user))) continue;
    if (used.length === 0 && !updates.has(tensor)) continue;
    if (fetchedFor(tensor) <= toFetch(tensor)) host.add(tensor);
  }
  // Filling an entry with a number needs no computation.
  for (const tensor of updates) if (filling(tensor) !== undefined && tensor.dtype === 'f32') host.add(tensor);
  return host;
}

/** Element-wise over operands of one length (or scalars), or a sum over all elements. */
function canRunOnHost({ op, inputs, shape, dtype }: Tensor): boolean {
  const length = sizeOf(shape);
  const types = [dtype, ...inputs.map((operand) => operand.dtype)];
  if (!isHostOp(op.name, length) || types.some((type) => type !== 'f32')) return false;
  if (op.name === 'sum') return length === 1;
  return inputs.every((operand) => sizeOf(operand.shape) === length || sizeOf(operand.shape) === 1);
}
