import type { AttributesOf, Tensor } from '@rewardedit/graph';
import { whole } from '../codegen/index-expression.ts';
import { maxOf, sumOf, type Combination } from '../kernels/combine.ts';
import { reduceKernels, type Reduction } from '../kernels/reduce.ts';
import { rowMajor, type Lowering, type PlannedKernel, type Surroundings } from './lowering.ts';
import { productKernel } from './matmul.ts';

type Reducing = Tensor<AttributesOf<'sum'>>;

function reduce(
  { inputs: [x], attributes: { axes }, shape, op }: Reducing,
  { traits, element }: Surroundings,
  combination: Combination,
): PlannedKernel {
  const kept = [...x.shape.keys()].filter((axis) => !axes.includes(axis));
  const reduction: Reduction = {
    label: op.name,
    rows: kept.map((axis) => x.shape[axis]),
    along: axes.map((axis) => x.shape[axis]),
    combination,
    element: (make, row, along) => {
      const index = x.shape.map((_, axis) =>
        axes.includes(axis) ? along[axes.indexOf(axis)] : row[kept.indexOf(axis)],
      );
      return element(make, x, index);
    },
    resultIndex: (row) =>
      x.shape.map((_, axis) => (axes.includes(axis) ? whole(0) : row[kept.indexOf(axis)])),
  };
  return {
    order: rowMajor(shape),
    reduction,
    emit: (target) => reduceKernels(traits, reduction, target),
  };
}

const typeOf = ({ dtype }: Tensor) => (dtype === 'i32' ? 'i32' : 'f32');

export const sum: Lowering<'sum'> = {
  kind: 'kernel',
  inMemory: 'none',
  plan: (tensor, surroundings) => {
    const product = surroundings.summedProduct(tensor);
    if (product) return productKernel(product, surroundings, tensor.attributes.axes);
    return reduce(tensor, surroundings, sumOf(typeOf(tensor)));
  },
};

export const max: Lowering<'max'> = {
  kind: 'kernel',
  inMemory: 'none',
  plan: (tensor, surroundings) => reduce(tensor, surroundings, maxOf(typeOf(tensor))),
};
