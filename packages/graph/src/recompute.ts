import { after } from './ops/after.ts';
import { node, topologicalOrder, upcomingId, type Tensor } from './tensor.ts';

/** The inner nodes of a subgraph that is recomputed in the backward pass. */
type Region = ReadonlySet<Tensor>;

const regionOf = new WeakMap<Tensor, Region>();

/**
 * Builds `body(...inputs)` as a region whose inner activations are not stored for the backward pass but
 * recomputed from the region's inputs when the pass reaches it (activation checkpointing, Chen et al., arXiv
 * 1604.06174). Values and gradients do not change; it trades time for memory. Regions do not nest.
 */
export function recompute(inputs: readonly Tensor[], body: (...inputs: readonly Tensor[]) => Tensor): Tensor {
  const { output, made } = madeBy(() => body(...inputs));
  const region = new Set(made);
  for (const tensor of region) {
    if (regionOf.has(tensor))
      throw new Error(`recompute: regions do not nest (at a node of op ${tensor.op.name}).`);
  }
  for (const tensor of region) regionOf.set(tensor, region);
  return output;
}

/** The result of `build`, and the inner nodes that it added. */
function madeBy(build: () => Tensor): { output: Tensor; made: Tensor[] } {
  const start = upcomingId();
  const output = build();
  const made = topologicalOrder([output], start).filter(({ inputs }) => inputs.length > 0);
  return { output, made };
}

/** For rebuilding a graph: nodes that `build` adds in place of a node join the copy of that node's region. */
export function copyRegions(): (original: Tensor, build: () => Tensor) => Tensor {
  const twins = new Map<Region, Set<Tensor>>();
  return (original, build) => {
    const { output, made } = madeBy(build);
    const region = regionOf.get(original);
    if (!region) return output;
    const twin = twins.get(region) ?? new Set();
    twins.set(region, twin);
    for (const tensor of made) {
      twin.add(tensor);
      regionOf.set(tensor, twin);
    }
    return output;
  };
}

/** A node's inputs and output as its gradient rule sees them. */
interface BackwardView {
  readonly inputs: readonly Tensor[];
  readonly output: Tensor;
}

/**
 * Starts one backward pass: maps each node to the values its gradient rule reads, which inside a region are
 * recomputed twins. The region's inputs wait for the first gradient to arrive, so that no backend computes
 * the twins early or merges them with the originals.
 */
export function startRecomputation(): (tensor: Tensor, outputGradient: Tensor) => BackwardView {
  const triggers = new Map<Region, Tensor>();
  const twins = new Map<Tensor, Tensor>();
  const entries = new Map<Region, Map<Tensor, Tensor>>();

  function enter(tensor: Tensor, region: Region, trigger: Tensor): Tensor {
    if (tensor.inputs.length === 0) return tensor;
    const held = entries.get(region) ?? new Map<Tensor, Tensor>();
    entries.set(region, held);
    const made = held.get(tensor) ?? after(tensor, trigger);
    held.set(tensor, made);
    return made;
  }

  function twin(tensor: Tensor, region: Region, trigger: Tensor): Tensor {
    if (!region.has(tensor)) return enter(tensor, region, trigger);
    const known = twins.get(tensor);
    if (known) return known;
    const inputs = tensor.inputs.map((input) => twin(input, region, trigger));
    const made = node(tensor.op, inputs, tensor.attributes);
    twins.set(tensor, made);
    return made;
  }

  return (tensor, outputGradient) => {
    const region = regionOf.get(tensor);
    if (!region) return { inputs: tensor.inputs, output: tensor };
    const trigger = triggers.get(region) ?? outputGradient;
    triggers.set(region, trigger);
    const output = twin(tensor, region, trigger);
    return { inputs: output.inputs, output };
  };
}
