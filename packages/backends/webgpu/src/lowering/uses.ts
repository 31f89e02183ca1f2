import { sizeOf, type AttributesOf, type Tensor } from '@rewardedit/graph';
import { jointKernels, type JointKernel } from './joint.ts';
import { findRecipes, type Recipes } from './recipes.ts';
import { loweringOf } from './table.ts';
import type { DeviceTraits } from '../codegen/shader.ts';

/** A kernel that reads a node's elements, identified by its root node. */
interface Use {
  readonly by: Tensor;
  /** Whether the kernel needs them in memory. */
  readonly inMemory: boolean;
}

/** Which nodes are stored, and which kernels read them. */
export interface Uses {
  /** Whether a node is stored. All others are computed where they are read. */
  isRoot(tensor: Tensor): boolean;
  /** The kernels that read a node's elements. */
  of(tensor: Tensor): readonly Use[];
  summedProduct(sum: Tensor): Tensor<AttributesOf<'matmul'>> | undefined;
  /** The joint kernel that computes a node, if there is one. */
  jointKernel(tensor: Tensor): JointKernel | undefined;
}

/** Inputs, state entries and constants of several values are in memory. */
export function isLeaf({ op, attributes }: Tensor): boolean {
  if (op.name === 'constant') return typeof (attributes as AttributesOf<'constant'>).values !== 'number';
  return op.name === 'input' || op.name === 'state';
}

/**
 * Decides which nodes are stored: results of kernels, and element-wise nodes that several kernels read and
 * that are not cheap to recompute, that are results of the program, that are read more often than they have
 * elements, or without which a kernel would bind too many tensors.
 *
 * @param order all nodes, each after its inputs.
 * @param results nodes that must be stored; `updates` are those that become the state.
 */
export function findUses(
  order: readonly Tensor[],
  { results, updates }: { results: ReadonlySet<Tensor>; updates: readonly Tensor[] },
  traits: DeviceTraits,
): Uses {
  const mostTensors = traits.maxStorageBuffers;
  // Reserves bindings for the result and for statistics.
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
  /** The node that represents the kernel which computes a root. */
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
      // A constant with a single number is a literal, unless it must be in memory.
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

/** The tensor under views. */
function seen(tensor: Tensor): Tensor {
  return loweringOf(tensor.op.name)?.kind === 'view' ? seen(tensor.inputs[0]) : tensor;
}

/** Operands to store separately, because a node reads more tensors than a kernel can bind. */
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
    // Statistics take one more binding.
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

/** The product under a sum over leading axes, if the sum is its only use. */
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
