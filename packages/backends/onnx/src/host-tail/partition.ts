import { nodesOf, sizeOf, type Program, type Tensor } from '@rewardedit/graph';
import { filling } from '../lowering/leaf.ts';
import { isHostOp } from './formulas.ts';

const LEAVES = new Set(['input', 'state', 'constant']);

/**
 * The nodes of a program that the host carries out itself: the arithmetic of the optimizer, which in ONNX
 * Runtime is a pass over the whole memory per op, and on the host a single one.
 *
 * These are the nodes from which only updates and further such nodes are computed, element by element or as a
 * sum over all elements, less those at the border that ONNX Runtime should keep, because less has to be
 * fetched then (the sum of a weight's two gradients, the loss from the errors).
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

  /** How many elements have to be fetched for this tensor if it is computed by ONNX Runtime. */
  const toFetch = (tensor: Tensor) => (LEAVES.has(tensor.op.name) ? 0 : sizeOf(tensor.shape));
  /** What need not be fetched any more once `tensor` is not computed on the host. */
  const fetchedFor = (tensor: Tensor) =>
    [...new Set(tensor.inputs)]
      .filter((operand) => !results.has(operand))
      .filter((operand) => users.get(operand)!.every((user) => user === tensor || !host.has(user)))
      .reduce((total, operand) => total + toFetch(operand), 0);

  // From the border inwards: what costs no more when ONNX Runtime does it, it does.
  for (const tensor of order) {
    if (!host.has(tensor) || tensor.inputs.some((operand) => host.has(operand))) continue;
    if (toFetch(tensor) <= fetchedFor(tensor)) host.delete(tensor);
  }
  // And back: what the host can do as cheaply at the border is left to it, in one pass with the rest.
  for (const tensor of order.toReversed()) {
    const used = users.get(tensor)!;
    if (host.has(tensor) || !canRunOnHost(tensor) || !used.every((user) => host.has(user))) continue;
    if (used.length === 0 && !updates.has(tensor)) continue;
    if (fetchedFor(tensor) <= toFetch(tensor)) host.add(tensor);
  }
  // To fill an entry with a number, nothing has to be computed.
  for (const tensor of updates) if (filling(tensor) !== undefined && tensor.dtype === 'f32') host.add(tensor);
  return host;
}

/** Element by element over operands of one length (or single numbers), or a sum over everything. */
function canRunOnHost({ op, inputs, shape, dtype }: Tensor): boolean {
  const length = sizeOf(shape);
  const types = [dtype, ...inputs.map((operand) => operand.dtype)];
  if (!isHostOp(op.name, length) || types.some((type) => type !== 'f32')) return false;
  if (op.name === 'sum') return length === 1;
  return inputs.every((operand) => sizeOf(operand.shape) === length || sizeOf(operand.shape) === 1);
}
