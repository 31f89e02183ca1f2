import { sameShape, sizeOf, type NamedLeaf, type Tensor } from '@rewardedit/graph';
import { loweringOf } from './table.ts';

/** Results of one element-wise kernel in one pass over memory. */
export interface JointKernel {
  /** In topological order. All have the same shape. */
  readonly members: readonly Tensor[];
  /** The members, and the nodes between them and what they load from memory. */
  readonly inside: ReadonlySet<Tensor>;
}

/**
 * Finds state updates with common subexpressions: a parameter, its moments and its average. One kernel
 * computes them together, so that each value is loaded once and intermediate values are not stored.
 *
 * @param updates new values of state entries.
 * @param users the nodes that read each node.
 * @param maxTensors the most tensors that a kernel can bind.
 */
export function jointKernels(
  updates: readonly Tensor[],
  users: ReadonlyMap<Tensor, readonly Tensor[]>,
  maxTensors: number,
): JointKernel[] {
  const reached = new Map<Tensor, { inside: Set<Tensor>; read: Set<Tensor> }>();
  const groups = new Map<Tensor, Set<Tensor>>();
  for (const update of updates) {
    if (!isElementwise(update) || sizeOf(update.shape) === 1) continue;
    const found = reach(update);
    reached.set(update, found);
    const group = new Set([update]);
    for (const [other, { inside }] of reached) {
      const related = [...found.inside].some((node) => inside.has(node));
      if (other !== update && related && sameShape(other.shape, update.shape))
        for (const member of groups.get(other)!) group.add(member);
    }
    for (const member of group) groups.set(member, group);
  }
  return [...new Set(groups.values())].flatMap((group) => {
    const inside = new Set([...group].flatMap((member) => [...reached.get(member)!.inside]));
    // Several leaves may denote the same state entry.
    const read = new Map(
      [...group].flatMap((member) => [...reached.get(member)!.read].map((node) => [identityOf(node), node])),
    );
    // A member that another node reads would have to be stored before the kernel runs.
    const alone = [...group].every((member) => users.get(member)!.every((user) => inside.has(user)));
    // Most results overwrite what was read, in place.
    const written = [...group].filter((member) => !isInPlace(member, [...read.values()])).length;
    if (group.size === 1 || !alone || read.size + written > maxTensors) return [];
    return [{ members: [...group].sort((a, b) => a.id - b.id), inside }];
  });
}

function isElementwise({ op }: Tensor): boolean {
  const lowering = loweringOf(op.name);
  return (
    lowering?.kind === 'element' &&
    lowering.inMemory === 'none' &&
    op.name !== 'constant' &&
    op.name !== 'concat'
  );
}

/** The element-wise nodes of an update, and the tensors of its size or smaller that they read. */
function reach(update: Tensor): { inside: Set<Tensor>; read: Set<Tensor> } {
  const inside = new Set<Tensor>();
  const read = new Set<Tensor>();
  const pending = [update];
  for (let node = pending.pop(); node; node = pending.pop()) {
    if (inside.has(node) || read.has(node)) continue;
    if (node.op.name === 'constant') continue;
    if (!isElementwise(node) || !sameShape(node.shape, update.shape)) {
      read.add(node);
      continue;
    }
    inside.add(node);
    pending.push(...node.inputs);
  }
  return { inside, read };
}

/** Leaves of the same name are the same tensor. */
function identityOf(node: Tensor): unknown {
  if (node.op.name !== 'state' && node.op.name !== 'input') return node;
  return `${node.op.name} ${(node.attributes as NamedLeaf).name}`;
}

/** Whether the new values of a state entry can overwrite the old ones in place. */
function isInPlace(update: Tensor, read: readonly Tensor[]): boolean {
  return read.some(({ op, shape }) => op.name === 'state' && sameShape(shape, update.shape));
}
