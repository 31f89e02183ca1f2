import { RewardEditError } from '@rewardedit/core/errors';
import {
  nodesOf,
  sameShape,
  simplify,
  sizeOf,
  stridesOf,
  type AttributesOf,
  type NamedLeaf,
  type Program,
  type Tensor,
} from '@rewardedit/graph';
import { createElements, loadsOf, type Element, type Elements, type Load } from '../codegen/element.ts';
import { addressOf, indexOf, variable, type Condition, type Index } from '../codegen/index-expression.ts';
import type { DeviceTraits, KernelStep } from '../codegen/shader.ts';
import { stored, type Place, type Stored } from '../codegen/stored.ts';
import { mapKernel } from '../kernels/map.ts';
import { reduceTogether } from '../kernels/reduce-together.ts';
import { reduceKernels } from '../kernels/reduce.ts';
import { unchanged } from '../kernels/target.ts';
import { axisVariable, orderOf } from '../codegen/memory-order.ts';
import {
  rowMajor,
  type Fused,
  type PlannedKernel,
  type SharedResult,
  type Statistics,
  type Surroundings,
} from './lowering.ts';
import { createSources, type KnownValues } from './sources.ts';
import { stateOrder } from './state-order.ts';
import { computeElement, loweringOf } from './table.ts';
import { groupReductions } from './together.ts';
import { findUses, isLeaf } from './uses.ts';

/** A program as kernels, in execution order. */
export interface Lowered {
  readonly steps: readonly KernelStep[];
  readonly inputs: Readonly<Record<string, Stored>>;
  readonly outputs: Readonly<Record<string, Stored>>;
  /** State entries that are written. */
  readonly updated: ReadonlySet<string>;
}

/** Lowers a program to kernels. */
export function lower(given: Program, traits: DeviceTraits): Lowered {
  const program = simplify(given);
  const order = nodesOf(program);
  const results = new Set([...Object.values(program.outputs), ...Object.values(program.updates)]);
  const updates = Object.values<Tensor>(program.updates);
  const uses = findUses(order, { results, updates }, traits);
  const position = new Map(order.map((tensor, i) => [tensor, i]));
  const steps: KernelStep[] = [];
  const known: KnownValues = { memory: new Map(), placesIn: new Map(), statisticsOf: new Map() };
  const { memory, placesIn, statisticsOf } = known;
  const pending = new Map<Tensor, PlannedKernel>();
  const statistics = new Map<string, Stored>();
  const sharedResults = new Map<string, Stored>();
  const inputs: Record<string, Stored> = {};
  const state: Record<string, Stored> = {};
  const outputs: Record<string, Stored> = {};
  const surroundings: Surroundings = {
    ...createSources(known),
    traits,
    summedProduct: uses.summedProduct,
    shared,
  };

  for (const tensor of order) {
    if (isLeaf(tensor)) memory.set(tensor, leaf(tensor));
  }
  for (const tensor of order) visit(tensor);
  copyResults();
  return { steps, inputs, outputs, updated: new Set(Object.keys(program.updates)) };

  function shared(key: string, make: () => SharedResult): SharedResult {
    const earlier = sharedResults.get(key);
    if (earlier) return { tensor: earlier, steps: [] };
    const made = make();
    sharedResults.set(key, made.tensor);
    return made;
  }

  function leaf(tensor: Tensor): Stored {
    const { shape, dtype, op } = tensor;
    if (op.name === 'constant') {
      const { values } = tensor.attributes as AttributesOf<'constant'>;
      return stored(shape, dtype, { kind: 'constant', values: values as Float32Array | Int32Array });
    }
    const { name } = tensor.attributes as NamedLeaf;
    if (op.name === 'input') return (inputs[name] ??= stored(shape, dtype, { kind: 'input' }));
    return entryOf(name, tensor);
  }

  function entryOf(name: string, { shape, dtype }: Tensor): Stored {
    return (state[name] ??= stored(shape, dtype, { kind: 'state', name }, stateOrder(shape)));
  }

  function visit(tensor: Tensor): void {
    const lowering = loweringOf(tensor.op.name);
    if (!lowering) throw new RewardEditError('failed', `The op "${tensor.op.name}" has no WebGPU lowering.`);
    if (
      lowering.kind === 'element' &&
      lowering.statistics &&
      uses.of(tensor).length + Number(results.has(tensor)) > 0
    )
      computeStatistics(tensor, lowering.statistics(tensor as never, surroundings));
    if (!uses.isRoot(tensor) || isLeaf(tensor)) return;
    if (lowering.kind === 'kernel') {
      const planned = lowering.plan(tensor as never, surroundings);
      if (canWait(tensor)) pending.set(tensor, planned);
      else emit(tensor, planned);
    } else {
      const joint = uses.jointKernel(tensor);
      if (!joint) computeElements(tensor);
      else if (tensor === joint.members.at(-1)) computeTogether(joint.members);
    }
  }

  /**
   * Whether the only use of a kernel's result is an element-wise node of the same size, which can become its
   * epilogue.
   */
  function canWait(tensor: Tensor): boolean {
    const [use, ...others] = uses.of(tensor);
    if (!use || others.length > 0 || use.inMemory || results.has(tensor)) return false;
    return loweringOf(use.by.op.name)?.kind === 'element' && sizeOf(use.by.shape) === sizeOf(tensor.shape);
  }

  function computeStatistics(tensor: Tensor, { key, reduction }: Statistics): void {
    let found = statistics.get(key);
    if (!found) {
      found = stored([sizeOf(reduction.rows), reduction.combination.results.length], 'f32', {
        kind: 'arena',
      });
      statistics.set(key, found);
      steps.push(...reduceKernels(traits, reduction, unchanged(found)));
    }
    statisticsOf.set(tensor, found);
  }

  /** Emits a kernel without an epilogue. */
  function emit(tensor: Tensor, planned: PlannedKernel): void {
    const target = place(tensor, planned.order, []);
    steps.push(...planned.emit(unchanged(target)));
    memory.set(tensor, target);
  }

  /** Emits pending kernels, small reductions in common dispatches. */
  function emitAll(waiting: readonly Tensor[]): void {
    const kernels = waiting.map((tensor) => [tensor, take(tensor)] as const);
    const { groups, others } = groupReductions(kernels, traits.maxStorageBuffers);
    for (const [tensor, planned] of others) emit(tensor, planned);
    for (const group of groups) {
      const found = stored([group.length], group[0].tensor.dtype, { kind: 'arena' });
      const reductions = group.map(({ reduction }) => reduction);
      steps.push(reduceTogether(traits, reductions, found));
      group.forEach(({ tensor }, i) => {
        memory.set(tensor, found);
        placesIn.set(tensor, i);
      });
    }
  }

  /** Emits an element-wise node, fused with everything that only it needs. */
  function computeElements(tensor: Tensor): void {
    const waiting = waitingFor(tensor);
    const candidate = waiting.pop();
    emitAll(waiting);
    const axes = tensor.shape.map((size, axis) => variable(axisVariable(axis), size));
    if (candidate && !takesInOrder(tensor, candidate, axes)) emit(candidate, take(candidate));
    if (candidate && pending.has(candidate)) {
      const planned = take(candidate);
      const order = sameShape(candidate.shape, tensor.shape) ? planned.order : rowMajor(tensor.shape);
      const target = place(tensor, order, []);
      steps.push(
        ...planned.emit({
          tensor: target,
          indexOf: (index) => indexOf(addressOf(index, stridesOf(candidate.shape)), tensor.shape),
          value: (make, index, result) => elementAt(make, tensor, index, [], { tensor: candidate, result }),
        }),
      );
      memory.set(tensor, target);
      return;
    }
    const loads = loadsOf(elementAt(createElements(), tensor, axes, []));
    const target = place(tensor, orderOf(tensor.shape, loads), loads, axes);
    steps.push(
      mapKernel(traits, tensor.op.name, [
        { tensor: target, value: (make, index) => elementAt(make, tensor, index, []) },
      ]),
    );
    memory.set(tensor, target);
  }

  /** Emits element-wise nodes of one shape as one kernel. */
  function computeTogether(members: readonly Tensor[]): void {
    for (const member of members) emitAll(waitingFor(member));
    const axes = members[0].shape.map((size, axis) => variable(axisVariable(axis), size));
    const make = createElements();
    const loads = members.flatMap((member) => loadsOf(elementAt(make, member, axes, [])));
    const order = orderOf(members[0].shape, loads);
    const results = members.map((member) => ({ member, target: place(member, order, loads, axes) }));
    steps.push(
      mapKernel(
        traits,
        members.map(({ op }) => op.name).join(' '),
        results.map(({ member, target }) => ({
          tensor: target,
          value: (elements: Elements, index: readonly Index[]) => elementAt(elements, member, index, []),
        })),
      ),
    );
    for (const { member, target } of results) memory.set(member, target);
  }

  function take(tensor: Tensor): PlannedKernel {
    const planned = pending.get(tensor)!;
    pending.delete(tensor);
    return planned;
  }

  /** The pending kernels that a node depends on, in topological order. */
  function waitingFor(tensor: Tensor): Tensor[] {
    const found = new Set<Tensor>();
    const seen = new Set<Tensor>();
    const search = (node: Tensor) => {
      for (const operand of node.inputs) {
        if (seen.has(operand)) continue;
        seen.add(operand);
        if (pending.has(operand)) found.add(operand);
        else if (!memory.has(operand)) search(operand);
      }
    };
    search(tensor);
    return [...found].sort((a, b) => a.id - b.id);
  }

  /** Whether a node reads each element of another only to compute the element of the same number. */
  function takesInOrder(tensor: Tensor, candidate: Tensor, axes: readonly Index[]): boolean {
    const asked: string[] = [];
    const make = createElements();
    const result = make.read({ kind: 'given', name: 'result' }, 2);
    elementAt(make, tensor, axes, [], { tensor: candidate, result }, (index) => {
      asked.push(addressOf(index, stridesOf(candidate.shape)).key);
    });
    const own = addressOf(axes, stridesOf(tensor.shape)).key;
    return asked.every((key) => key === own);
  }

  /**
   * Allocates a node's result: in the state entry it updates, if the old values are no longer read, in an
   * output, or in the arena.
   */
  function place(
    tensor: Tensor,
    order: readonly number[],
    loads: readonly Load[],
    axes: readonly Index[] = [],
  ): Stored {
    const { shape, dtype } = tensor;
    for (const [name, value] of Object.entries(program.updates)) {
      if (value !== tensor) continue;
      const entry = entryOf(name, tensor);
      if (mayOverwrite(tensor, name, entry, loads, axes)) return entry;
    }
    const asOutput = Object.entries(program.outputs).find(([, value]) => value === tensor);
    const where: Place = asOutput ? { kind: 'output' } : { kind: 'arena' };
    const made = stored(shape, dtype, where, asOutput ? rowMajor(shape) : order);
    if (asOutput) outputs[asOutput[0]] = made;
    return made;
  }

  function mayOverwrite(
    tensor: Tensor,
    name: string,
    entry: Stored,
    loads: readonly Load[],
    axes: readonly Index[],
  ): boolean {
    const own = axes.length === entry.shape.length ? addressOf(axes, entry.strides).key : undefined;
    const kernel = uses.jointKernel(tensor)?.members.at(-1) ?? tensor;
    return order
      .filter((leaf) => memory.get(leaf) === entry && leaf.op.name === 'state')
      .every(
        (leaf) =>
          !results.has(leaf) &&
          uses.of(leaf).every(({ by }) => {
            if (by !== kernel) return position.get(by)! < position.get(kernel)! && !pending.has(by);
            return loads
              .filter((load) => load.tensor === entry)
              .every(({ address, inside }) => address.key === own && inside.length === 0);
          }) &&
          name === (leaf.attributes as NamedLeaf).name,
      );
  }

  /**
   * Copies results that are not in their place yet: views, second names of a value, and updates of state
   * entries that were still being read.
   */
  function copyResults(): void {
    const missing = Object.entries(program.outputs).filter(([name]) => !outputs[name]);
    for (const [name, tensor] of missing) {
      outputs[name] = stored(tensor.shape, tensor.dtype, { kind: 'output' });
      copy(tensor, outputs[name]);
    }
    const moved = Object.entries(program.updates).flatMap(([name, tensor]) => {
      const entry = entryOf(name, tensor);
      const from = memory.get(tensor);
      if (from && from === entry && tensor.op.name !== 'state') return [];
      if (tensor.op.name === 'state' && (tensor.attributes as NamedLeaf).name === name) return [];
      if (from?.place.kind === 'arena' || from?.place.kind === 'output') return [{ from, entry }];
      const aside = stored(tensor.shape, tensor.dtype, { kind: 'arena' }, stateOrder(tensor.shape));
      copy(tensor, aside);
      return [{ from: aside, entry }];
    });
    for (const { from, entry } of moved) {
      steps.push(
        mapKernel(traits, 'copy', [
          {
            tensor: entry,
            value: (make, index) =>
              make.read(
                { kind: 'load', tensor: from, address: addressOf(index, from.strides), inside: [] },
                2,
                from.dtype === 'i32' ? 'i32' : 'f32',
              ),
          },
        ]),
      );
    }
  }

  function copy(tensor: Tensor, target: Stored): void {
    emitAll(pending.has(tensor) ? [tensor] : waitingFor(tensor));
    const value = (make: Elements, index: readonly Index[]) =>
      createSources(known).element(make, tensor, index);
    steps.push(mapKernel(traits, 'copy', [{ tensor: target, value }]));
  }

  /** The expression of a node's element, even if the node itself is stored. */
  function elementAt(
    make: Elements,
    tensor: Tensor,
    index: readonly Index[],
    inside: readonly Condition[],
    fused?: Fused,
    asked?: (index: readonly Index[]) => void,
  ): Element {
    return computeElement(make, tensor, index, inside, createSources(known, fused, asked));
  }
}
