import { sizeOf, type DType, type Shape, type Tensor } from '@rewardedit/graph';
import type { DeviceTraits } from '../codegen/shader.ts';
import { loweringOf } from './table.ts';

/** How a node's elements are computed from what is in memory. */
interface Recipe {
  /** What is read, statistics aside. */
  readonly reads: ReadonlySet<Tensor>;
  /** The nodes that are computed, each with its instructions for one element, roughly. */
  readonly nodes: ReadonlyMap<Tensor, number>;
}

/** What takes many instructions. All other formulas are one. */
const WORK: Readonly<Record<string, number>> = {
  div: 4,
  sqrt: 4,
  exp: 8,
  log: 8,
  sigmoid: 8,
  sin: 12,
  cos: 12,
  tanh: 12,
  erf: 12,
  gelu: 14,
  adamw: 12,
  normalize: 2,
  inverseDeviation: 0,
  groupNorm: 4,
  softmax: 12,
  reshape: 0,
};

/** A vector of what is smaller than the result comes from a cache. */
const SMALL_READ = 0.5;
/** What is this much smaller than the result does not count beside it. */
const SMALL = 8;
/** A pass over the memory, there and back, takes a GPU as long as so many instructions for each element. */
const PASS = 64;
/** So much is computed again where it is read once more: less than it takes to read what was stored. */
const MOST_WORK = 24;

const BYTES: Readonly<Record<DType, number>> = { f32: 4, i32: 4, f16: 2 };

/** Which nodes are computed wherever they are read, instead of being kept in memory for all who read them. */
export interface Recipes {
  /** Whether element-wise kernels compute a node again, from one tensor of its size and little else. */
  isLight(tensor: Tensor): boolean;
  /** Whether a node is computed as a product or a convolution reads it. */
  isFolded(tensor: Tensor): boolean;
}

/**
 * @param order all nodes, each after its inputs.
 * @param users the nodes that read each node.
 */
export function findRecipes(
  order: readonly Tensor[],
  users: ReadonlyMap<Tensor, readonly Tensor[]>,
  traits: DeviceTraits,
): Recipes {
  const light = new Map<Tensor, Recipe>();
  for (const tensor of order) {
    const recipe = recipeOf(tensor, light);
    if (recipe && isLight(tensor, recipe)) light.set(tensor, recipe);
  }
  const folded = new Set([...light.keys()].filter(pays));
  return { isLight: (tensor) => light.has(tensor), isFolded: (tensor) => folded.has(tensor) };

  /** Whether computing a node as it is read takes less than a pass over the memory that stores it. */
  function pays(tensor: Tensor): boolean {
    if (loweringOf(tensor.op.name)?.kind !== 'element') return false;
    const recipe = light.get(tensor)!;
    if (isEpilogue(tensor, recipe)) return false;
    const readings = readingsOf(tensor);
    return readings > 0 && readings * workOf(recipe) <= PASS;
  }

  /** Whether a node is computed where its source is, before that is stored: whoever needs the one does not need the other. */
  function isEpilogue(tensor: Tensor, { reads, nodes }: Recipe): boolean {
    const inside = (node: Tensor): boolean => users.get(node)!.every((user) => nodes.has(user));
    const sources = [...reads].filter(({ op }) => loweringOf(op.name)?.kind === 'kernel');
    const statistics = [...nodes.keys()].some(({ op }) => hasStatistics(op.name));
    return (
      !statistics &&
      sources.every(inside) &&
      [...nodes.keys()].every((node) => node === tensor || inside(node))
    );
  }

  /** How often products and convolutions read each element of a node. */
  function readingsOf(tensor: Tensor): number {
    return users.get(tensor)!.reduce((sum, user) => {
      const lowering = loweringOf(user.op.name);
      if (lowering?.kind === 'view') return sum + readingsOf(user);
      if (lowering?.kind !== 'kernel' || !lowering.readings) return sum;
      const readings = lowering.readings(user as never, traits);
      return user.inputs.reduce((own, operand, i) => own + (operand === tensor ? readings[i] : 0), sum);
    }, 0);
  }
}

/** How a node would be computed from its operands; undefined where it is not computed element by element. */
function recipeOf(tensor: Tensor, light: ReadonlyMap<Tensor, Recipe>): Recipe | undefined {
  const { op, inputs, shape } = tensor;
  const lowering = loweringOf(op.name);
  if (op.name === 'constant' || op.name === 'concat' || op.name === 'gather') return undefined;
  if (lowering?.kind !== 'element' && lowering?.kind !== 'view') return undefined;
  const reads = new Set<Tensor>();
  const nodes = new Map<Tensor, number>();
  let work = lowering.kind === 'view' ? 0 : (WORK[op.name] ?? 1);
  inputs.forEach((operand, i) => {
    const inMemory = lowering.kind === 'element' && lowering.inMemory === 'first' && i === 0;
    const recipe = inMemory ? undefined : light.get(operand);
    for (const read of recipe?.reads ?? [operand]) reads.add(read);
    for (const [node, own] of recipe?.nodes ?? []) nodes.set(node, own);
    if (isSmall(operand, shape)) work += SMALL_READ;
  });
  if (hasStatistics(op.name)) work += 2 * SMALL_READ;
  return { reads, nodes: nodes.set(tensor, work) };
}

/** Whether a node is computed from one tensor of its size that takes up no more, and little else. */
function isLight({ shape, dtype }: Tensor, recipe: Recipe): boolean {
  const large = [...recipe.reads].filter((read) => !isSmall(read, shape));
  return large.length === 1 && BYTES[large[0].dtype] <= BYTES[dtype] && workOf(recipe) <= MOST_WORK;
}

function hasStatistics(name: string): boolean {
  const lowering = loweringOf(name);
  return lowering?.kind === 'element' && lowering.statistics !== undefined;
}

function isSmall(tensor: Tensor, beside: Shape): boolean {
  return sizeOf(tensor.shape) * SMALL <= sizeOf(beside);
}

function workOf({ nodes }: Recipe): number {
  return [...nodes.values()].reduce((sum, own) => sum + own, 0);
}
