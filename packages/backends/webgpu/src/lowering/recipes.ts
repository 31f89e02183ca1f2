import { sizeOf, type DType, type Shape, type Tensor } from '@rewardedit/graph';
import type { DeviceTraits } from '../codegen/shader.ts';
import { loweringOf } from './table.ts';

/** How the elements of a node are computed from memory. */
interface Recipe {
  /** The tensors that are loaded, except statistics. */
  readonly reads: ReadonlySet<Tensor>;
  /** The nodes that are computed, with an estimate of their instructions per element. */
  readonly nodes: ReadonlyMap<Tensor, number>;
}

/** Instructions of expensive formulas; all others take one. */
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

/** A vector of a tensor smaller than the result comes from a cache. */
const SMALL_READ = 0.5;
/** A tensor this many times smaller than the result is negligible. */
const SMALL = 8;
/** Instructions per element that take a GPU as long as writing and reading the element once. */
const PASS = 64;
/** The most instructions to recompute at another load: fewer than a load from memory costs. */
const MOST_WORK = 24;

const BYTES: Readonly<Record<DType, number>> = { f32: 4, i32: 4, f16: 2 };

/**
 * Decides which nodes are recomputed wherever they are read, instead of being stored once for all readers.
 */
export interface Recipes {
  /** Whether element-wise kernels recompute a node, which needs one tensor of its size and little else. */
  isLight(tensor: Tensor): boolean;
  /** Whether products and convolutions compute a node as they load it. */
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

  /** Whether computing a node at each load is cheaper than the pass over memory that storing it takes. */
  function pays(tensor: Tensor): boolean {
    if (loweringOf(tensor.op.name)?.kind !== 'element') return false;
    const recipe = light.get(tensor)!;
    if (isEpilogue(tensor, recipe)) return false;
    const readings = readingsOf(tensor);
    return readings > 0 && readings * workOf(recipe) <= PASS;
  }

  /**
   * Whether a node becomes the epilogue of its source, because no reader of the source is left without it.
   */
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

/** The recipe of a node, or undefined if it is not computed element by element. */
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

/** Whether a node needs one tensor of its size, of no wider type, and little else. */
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
