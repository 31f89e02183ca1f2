import type { Tensor } from '@rewardedit/graph';
import { createElements, type Element, type Elements } from '../codegen/element.ts';
import { addressOf, whole, type Condition, type Index } from '../codegen/index-expression.ts';
import type { Stored } from '../codegen/stored.ts';
import type { Fused, Sources } from './lowering.ts';
import { computeElement } from './table.ts';

/** The values that earlier kernels of a program have stored. */
export interface KnownValues {
  readonly memory: Map<Tensor, Stored>;
  /** The position of scalars that share a tensor with others. */
  readonly placesIn: Map<Tensor, number>;
  readonly statisticsOf: Map<Tensor, Stored>;
}

/**
 * Creates the functions by which a kernel reads its operands: loads of stored values, and expressions of all others.
 *
 * @param fused a kernel's result that is used instead of being loaded.
 * @param asked called with the index of each use of that result.
 */
export function createSources(
  { memory, placesIn, statisticsOf }: KnownValues,
  fused?: Fused,
  asked?: (index: readonly Index[]) => void,
): Sources {
  const known = new WeakMap<Elements, Map<string, Element>>();

  function element(
    make: Elements,
    tensor: Tensor,
    index: readonly Index[],
    inside: readonly Condition[] = [],
  ): Element {
    if (tensor === fused?.tensor) {
      asked?.(index);
      return fused.result;
    }
    const from = memory.get(tensor);
    if (from) {
      const type = tensor.dtype === 'i32' ? 'i32' : 'f32';
      const place = placesIn.get(tensor);
      const address = place === undefined ? addressOf(index, from.strides) : whole(place);
      return make.read({ kind: 'load', tensor: from, address, inside }, 2, type);
    }
    const elements = known.get(make) ?? new Map<string, Element>();
    known.set(make, elements);
    const key = `${tensor.id} ${[...index, ...inside.map((each) => each.index)].map((each) => each.key).join()}`;
    const earlier = elements.get(key);
    if (earlier) return earlier;
    const made = computeElement(make, tensor, index, inside, sources);
    elements.set(key, made);
    return made;
  }

  const sources: Sources = {
    element,
    load: (tensor, index, inside = []) => {
      const found = element(createElements(), tensor, index, inside);
      if (found.kind === 'read' && found.source.kind === 'load') return found.source;
      throw new Error(`internal: the operand ${tensor.op.name} of a kernel is not in memory.`);
    },
    statistics: (tensor) => statisticsOf.get(tensor)!,
  };
  return sources;
}
