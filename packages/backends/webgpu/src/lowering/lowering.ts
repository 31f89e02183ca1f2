import type { AttributesOf, OpName, Tensor } from '@rewardedit/graph';
import type { Element, Elements, Load } from '../codegen/element.ts';
import type { Condition, Index } from '../codegen/index-expression.ts';
import type { DeviceTraits, KernelStep } from '../codegen/shader.ts';
import type { Stored } from '../codegen/stored.ts';
import type { Reduction } from '../kernels/reduce.ts';
import type { Target } from '../kernels/target.ts';

/** Resolves elements of tensors to loads and expressions. */
export interface Sources {
  /** An element of a tensor; zero if a condition fails. Conditions must be passed on to all operands. */
  element(make: Elements, tensor: Tensor, index: readonly Index[], inside?: readonly Condition[]): Element;
  /** The load of an element of a tensor that is in memory, possibly through views. */
  load(tensor: Tensor, index: readonly Index[], inside?: readonly Condition[]): Load;
  /** The statistics of a node. */
  statistics(tensor: Tensor): Stored;
}

/** What lowerings of kernels may use in addition. */
export interface Surroundings extends Sources {
  readonly traits: DeviceTraits;
  /** The product whose batches a sum adds up, if the sum can be merged into the product. */
  summedProduct(sum: Tensor): Tensor<AttributesOf<'matmul'>> | undefined;
  /** A result that several kernels share: the first to request it also receives the steps that compute it. */
  shared(key: string, make: () => SharedResult): SharedResult;
}

/** A tensor in the arena, and the steps that compute it. */
export interface SharedResult {
  readonly tensor: Stored;
  readonly steps: readonly KernelStep[];
}

/** A kernel whose target is not decided yet. */
export interface PlannedKernel {
  /** The preferred memory order of the result's axes. */
  readonly order: readonly number[];
  /** The reduction, for kernels that may share a dispatch with others. */
  readonly reduction?: Reduction;
  emit(target: Target): readonly KernelStep[];
}

/** A kernel's result that is consumed by its epilogue. */
export interface Fused {
  readonly tensor: Tensor;
  readonly result: Element;
}

/** A reduction whose results later kernels need; equal keys mean equal results. */
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

/**
 * Operands that must be in memory, or views of such; elements of the others are computed where they are read.
 */
export type InMemory = 'all' | 'first' | 'none';

/** How an op is lowered to shader code. */
export type Lowering<Name extends OpName> =
  /** Already in memory when the program runs. */
  | { readonly kind: 'leaf' }
  /** Only moves elements: readers load them from the source. */
  | { readonly kind: 'view'; readonly element: ElementOf<Name> }
  /** Computed element by element, in the kernel that reads it. */
  | {
      readonly kind: 'element';
      readonly inMemory: InMemory;
      readonly element: ElementOf<Name>;
      /** Statistics per row that must be computed first. */
      readonly statistics?: (tensor: Tensor<AttributesOf<Name>>, sources: Sources) => Statistics;
    }
  | {
      readonly kind: 'kernel';
      readonly inMemory: InMemory;
      /**
       * How often each element of an operand is read, for operands that may be computed as they are loaded.
       */
      readonly readings?: (tensor: Tensor<AttributesOf<Name>>, traits: DeviceTraits) => readonly number[];
      readonly plan: (tensor: Tensor<AttributesOf<Name>>, surroundings: Surroundings) => PlannedKernel;
    };

/** The axes in row-major order. */
export function rowMajor(shape: readonly number[]): number[] {
  return [...shape.keys()];
}
