import type { AttributesOf, OpName, Tensor } from '@rewardedit/graph';
import type { Element, Elements, Load } from '../codegen/element.ts';
import type { Condition, Index } from '../codegen/index-expression.ts';
import type { DeviceTraits, KernelStep } from '../codegen/shader.ts';
import type { Stored } from '../codegen/stored.ts';
import type { Reduction } from '../kernels/reduce.ts';
import type { Target } from '../kernels/target.ts';

/** Finds where the elements of tensors come from. */
export interface Sources {
  /** An element of a tensor; zero where a condition does not hold. Conditions have to be handed on to all operands. */
  element(make: Elements, tensor: Tensor, index: readonly Index[], inside?: readonly Condition[]): Element;
  /** Where an element of a tensor that is in memory, perhaps looked at differently, lies. */
  load(tensor: Tensor, index: readonly Index[], inside?: readonly Condition[]): Load;
  /** The results of the statistics of a node. */
  statistics(tensor: Tensor): Stored;
}

/** What a kernel's lowering may use besides. */
export interface Surroundings extends Sources {
  readonly traits: DeviceTraits;
  /** The product whose batches a sum adds up, if it does nothing else. */
  summedProduct(sum: Tensor): Tensor<AttributesOf<'matmul'>> | undefined;
  /** What several kernels need: made by the first that asks, which is given its steps as well. */
  shared(key: string, make: () => SharedResult): SharedResult;
}

/** A tensor in the arena, and what computes it. */
export interface SharedResult {
  readonly tensor: Stored;
  readonly steps: readonly KernelStep[];
}

/** A kernel that waits for where its result is to go. */
export interface PlannedKernel {
  /** The order of the result's axes in memory that suits it. */
  readonly order: readonly number[];
  /** What it is, if it is a reduction, which may be computed together with others. */
  readonly reduction?: Reduction;
  emit(target: Target): readonly KernelStep[];
}

/** A kernel's result that is computed together with what follows it. */
export interface Fused {
  readonly tensor: Tensor;
  readonly result: Element;
}

/** A reduction whose results are kept for the kernels that follow; equal keys mean equal results. */
export interface Statistics {
  readonly key: string;
  readonly reduction: Reduction;
}

type ElementOf<Name extends OpName> = (
  make: Elements,
  tensor: Tensor<AttributesOf<Name>>,
  index: readonly Index[],
  inside: readonly Condition[],
  sources: Sources,
) => Element;

/** Which operands have to be in memory, or views of what is: of the others, elements are computed where they are read. */
export type InMemory = 'all' | 'first' | 'none';

/** How an op becomes shader code. */
export type Lowering<Name extends OpName> =
  /** It is in memory before the program runs. */
  | { readonly kind: 'leaf' }
  /** It moves elements and computes nothing: whoever uses it reads from where they are. */
  | { readonly kind: 'view'; readonly element: ElementOf<Name> }
  /** It is computed element by element, in the kernel that uses it. */
  | {
      readonly kind: 'element';
      readonly inMemory: InMemory;
      readonly element: ElementOf<Name>;
      /** Numbers for each row that have to be known first. */
      readonly statistics?: (tensor: Tensor<AttributesOf<Name>>, sources: Sources) => Statistics;
    }
  | {
      readonly kind: 'kernel';
      readonly inMemory: InMemory;
      /** How often it reads each element of its operands, where these may be computed as they are read. */
      readonly readings?: (tensor: Tensor<AttributesOf<Name>>, traits: DeviceTraits) => readonly number[];
      readonly plan: (tensor: Tensor<AttributesOf<Name>>, surroundings: Surroundings) => PlannedKernel;
    };

/** The axes of a tensor as they are, the last one contiguous in memory. */
export function rowMajor(shape: readonly number[]): number[] {
  return [...shape.keys()];
}
