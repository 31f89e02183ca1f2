import { sizeOf, type AttributesOf, type Tensor } from '@rewardedit/graph';
import { jointKernels, type JointKernel } from './joint.ts';
import { findRecipes, type Recipes } from './recipes.ts';
import { loweringOf } from './table.ts';
import type { DeviceTraits } from '../codegen/shader.ts';

/** A node in whose kernel another one's elements are read. */
interface Use {
  readonly by: Tensor;
  /** Whether they have to be in memory for it. */
  readonly inMemory: boolean;
}

/** Which nodes get memory of their own, and where elements are read. */
export interface Uses {
  /** Whether a node is computed by a kernel of its own and kept. All others are computed where they are used. */
  isRoot(tensor: Tensor): boolean;
  /** The kernels in which a node's elements are read. */
  of(tensor: Tensor): readonly Use[];
  summedProduct(sum: Tensor): Tensor<AttributesOf<'matmul'>> | undefined;
  /** The kernel that a node is a result of together with others. */
  jointKernel(tensor: Tensor): JointKernel | undefined;
}

/** A constant of several values lies in memory like inputs and state. */
export function isLeaf({ op, attributes }: Tensor): boolean {
  if (op.name === 'constant') return typeof (attributes as AttributesOf<'constant'>).values !== 'number';
  return op.name === 'input' || op.name === 'state';
}

/**
 * Decides which nodes are computed on their own. Kernels are; element-wise nodes where more than one kernel reads
 * them and it is no less work to compute them for each, where they are results, where they are read more often than they have
 * elements, and where they would make a kernel read more tensors than can be bound.
 *
 * @param order all nodes, each after its inputs.
 * @param results those that have to be in memory; `updates` are those of them that become the state.
 */
export function findUses(
  order: readonly Tensor[],
  { results, updates }: { results: ReadonlySet<Tensor>; updates: readonly Tensor[] },
  traits: DeviceTraits,
): Uses {
  const mostTensors = traits.maxStorageBuffers;
  // The result, and statistics.
  const maxTensors = mostTensors - 2;
  const users = new Map<Tensor, Tensor[]>(order.map((tensor) => [tensor, []]));
  for (const tensor of order) for (const operand of new Set(tensor.inputs)) users.get(operand)!.push(tensor);
  const recipes = findRecipes(order, users, traits);
  const joint = new Map<Tensor, JointKernel>();
  const inJoint = new Set<Tensor>();
  for (const kernel of jointKernels(updates, users, mostTensors)) {
    for (const member of kernel.members) joint.set(member, kernel);
    for (const node of kernel.inside) inJoint.add(node);
  }
  /** What stands for the kernel that a node is computed by. */
  const kernelOf = (root: Tensor) => joint.get(root)?.members.at(-1) ?? root;
  const summed = new Map<Tensor, Tensor<AttributesOf<'matmul'>>>();
  for (const tensor of order) {
    const product = tensor.op.name === 'sum' ? summableProduct(tensor, users, results) : undefined;
    if (product) summed.set(tensor, product);
  }
  const absorbed = new Set<Tensor>(summed.values());
  const forced = new Set<Tensor>();

  for (;;) {
    const { roots, uses } = assign();
    const tooMany = firstOverfull(order, roots, absorbed, (tensor) =>
      inJoint.has(tensor) ? mostTensors : maxTensors,
    );
    if (!tooMany) {
      return {
        isRoot: (tensor) => roots.has(tensor),
        of: (tensor) => uses.get(tensor) ?? [],
        summedProduct: (sum) => summed.get(sum),
        jointKernel: (tensor) => joint.get(tensor),
      };
    }
    tooMany.forEach((tensor) => forced.add(tensor));
  }

  function assign(): { roots: Set<Tensor>; uses: Map<Tensor, readonly Use[]> } {
    const roots = new Set<Tensor>();
    const uses = new Map<Tensor, readonly Use[]>();
    for (const tensor of order.toReversed()) {
      const found = new Map<Tensor, boolean>();
      let widened = false;
      for (const user of users.get(tensor)!) {
        const strict = needsInMemory(user, tensor, summed, recipes);
        const readers =
          roots.has(user) && !absorbed.has(user)
            ? [{ by: kernelOf(user), inMemory: false }]
            : uses.get(user)!.map(({ by, inMemory }) => ({ by, inMemory: inMemory && !absorbed.has(user) }));
        for (const { by, inMemory } of readers) found.set(by, (found.get(by) ?? false) || inMemory || strict);
        const isKernel = loweringOf(user.op.name)?.kind === 'kernel';
        if (sizeOf(user.shape) > sizeOf(tensor.shape) && user.op.name !== 'pad' && !isKernel) widened = true;
      }
      uses.set(
        tensor,
        [...found].map(([by, inMemory]) => ({ by, inMemory })),
      );
      if (absorbed.has(tensor)) continue;
      const kind = isLeaf(tensor) ? 'leaf' : loweringOf(tensor.op.name)?.kind;
      const strict = [...found.values()].some(Boolean);
      // One number for all elements is written into the code, unless it is to be read from memory.
      const isNumber = tensor.op.name === 'constant' && !strict && !results.has(tensor);
      if (kind === 'leaf' || kind === 'kernel') roots.add(tensor);
      if (kind !== 'element' || isNumber) continue;
      const shared = strict || (found.size > 1 && !recipes.isLight(tensor));
      if (results.has(tensor) || shared || widened || forced.has(tensor)) roots.add(tensor);
    }
    return { roots, uses };
  }
}

function needsInMemory(
  user: Tensor,
  operand: Tensor,
  summed: ReadonlyMap<Tensor, Tensor>,
  recipes: Recipes,
): boolean {
  const lowering = loweringOf(user.op.name);
  if (summed.has(user)) return true;
  if (lowering?.kind !== 'kernel' && lowering?.kind !== 'element') return false;
  if (lowering.kind === 'kernel' && lowering.readings && recipes.isFolded(seen(operand))) return false;
  return lowering.inMemory === 'all' || (lowering.inMemory === 'first' && user.inputs[0] === operand);
}

/** What is looked at through views. */
function seen(tensor: Tensor): Tensor {
  return loweringOf(tensor.op.name)?.kind === 'view' ? seen(tensor.inputs[0]) : tensor;
}

/** Operands to be computed on their own, where a node reads more tensors than can be bound. */
function firstOverfull(
  order: readonly Tensor[],
  roots: ReadonlySet<Tensor>,
  absorbed: ReadonlySet<Tensor>,
  most: (tensor: Tensor) => number,
): Tensor[] | undefined {
  const read = new Map<Tensor, ReadonlySet<Tensor>>();
  for (const tensor of order) {
    const sets = tensor.inputs.map((operand) =>
      roots.has(operand) && !absorbed.has(operand) ? new Set([operand]) : read.get(operand)!,
    );
    const all = new Set(sets.flatMap((set) => [...set]));
    // Statistics are one tensor more.
    const lowering = loweringOf(tensor.op.name);
    if (lowering?.kind === 'element' && lowering.statistics) all.add(tensor);
    read.set(tensor, all);
    if (all.size <= most(tensor)) continue;
    const largest = Math.max(...sets.map((set) => set.size));
    const chosen = tensor.inputs.filter((operand, i) => sets[i].size === largest && !roots.has(operand));
    if (chosen.length > 0) return chosen;
  }
  return undefined;
}

/** The product below a sum over axes in front of it, where nothing else needs it. */
function summableProduct(
  sum: Tensor,
  users: ReadonlyMap<Tensor, readonly Tensor[]>,
  results: ReadonlySet<Tensor>,
): Tensor<AttributesOf<'matmul'>> | undefined {
  const [product] = sum.inputs;
  if (product.op.name !== 'matmul' || users.get(product)!.length > 1 || results.has(product))
    return undefined;
  const { axes } = sum.attributes as AttributesOf<'sum'>;
  if (axes.length === 0 || axes.some((axis) => axis >= product.shape.length - 2)) return undefined;
  return product as Tensor<AttributesOf<'matmul'>>;
}
