import { sameShape, sizeOf, type NamedLeaf, type Tensor } from '@rewardedit/graph';
import { loweringOf } from './table.ts';

/** Results that one kernel computes, element by element, in one pass over the memory. */
export interface JointKernel {
  /** In their order. All have one shape. */
  readonly members: readonly Tensor[];
  /** The members, and what is computed between them and what they read from memory. */
  readonly inside: ReadonlySet<Tensor>;
}

/**
 * Finds updates of a state that have something to compute in common: a parameter, its moments and its average. Each read of
 * memory then serves all of them, and nothing between them is stored.
 *
 * @param updates new values of state entries.
 * @param users the nodes that read each node.
 * @param maxTensors how many tensors a kernel can read and write.
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
    // A state entry may be there as several leaves.
    const read = new Map(
      [...group].flatMap((member) => [...reached.get(member)!.read].map((node) => [identityOf(node), node])),
    );
    // Members that anything else reads would have to be there before they are.
    const alone = [...group].every((member) => users.get(member)!.every((user) => inside.has(user)));
    // Most of what is written lies where it was read.
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

/** What is computed for a node element by element, and what of its size or smaller that reads. */
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

/** The same for the leaves of one name. */
function identityOf(node: Tensor): unknown {
  if (node.op.name !== 'state' && node.op.name !== 'input') return node;
  return `${node.op.name} ${(node.attributes as NamedLeaf).name}`;
}

/** Whether the new values of a state entry go where its old ones are read. */
function isInPlace(update: Tensor, read: readonly Tensor[]): boolean {
  return read.some(({ op, shape }) => op.name === 'state' && sameShape(shape, update.shape));
}
