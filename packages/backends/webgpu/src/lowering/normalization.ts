import { sizeOf, stridesOf, type Tensor } from '@rewardedit/graph';
import type { Element, Elements } from '../codegen/element.ts';
import {
  addressOf,
  indexOf,
  plus,
  quotient,
  times,
  whole,
  type Condition,
  type Index,
} from '../codegen/index-expression.ts';
import { momentsOf } from '../kernels/combine.ts';
import { broadcastIndex } from './elementwise.ts';
import type { Lowering, Sources, Statistics } from './lowering.ts';

/** The tensor under reshapes. */
function base(tensor: Tensor): Tensor {
  return tensor.op.name === 'reshape' ? base(tensor.inputs[0]) : tensor;
}

/** Mean and inverse deviation of each row of `width` contiguous elements. */
function moments(x: Tensor, width: number, epsilon: number, { element }: Sources): Statistics {
  const whole = base(x);
  const rows = sizeOf(x.shape) / width;
  const along = axesOfRow(whole.shape, width);
  return {
    key: `moments of ${whole.id} along ${width} with ${epsilon}`,
    reduction: {
      label: 'normalization',
      rows: [rows],
      along,
      combination: momentsOf(epsilon),
      element: (make, [row], place) => {
        const number = addressOf([row, ...place], stridesOf([rows, ...along]));
        return element(make, whole, indexOf(number, whole.shape));
      },
      resultIndex: (row) => row,
    },
  };
}

/** The sizes of the axes that form a row, so that it can be traversed in memory order. */
function axesOfRow(shape: readonly number[], width: number): number[] {
  const axes: number[] = [];
  let rest = width;
  for (const size of shape.toReversed()) {
    if (rest === 1) break;
    if (rest % size !== 0 && size % rest !== 0) return [width];
    axes.unshift(Math.min(rest, size));
    rest = Math.max(1, rest / size);
  }
  return axes;
}

function rowMoments(
  make: Elements,
  tensor: Tensor,
  row: Index,
  inside: readonly Condition[],
  { statistics }: Sources,
): { mean: Element; inverse: Element } {
  const stored = statistics(tensor);
  const read = (which: number) =>
    make.read(
      { kind: 'load', tensor: stored, address: addressOf([row, whole(which)], stored.strides), inside },
      2,
    );
  return { mean: read(0), inverse: read(1) };
}

const normalized = (make: Elements, x: Element, { mean, inverse }: { mean: Element; inverse: Element }) =>
  make.apply('mul', make.apply('sub', x, mean), inverse);

export const normalize: Lowering<'normalize'> = {
  kind: 'element',
  inMemory: 'first',
  statistics: ({ inputs: [x], attributes: { epsilon } }, sources) =>
    moments(x, x.shape.at(-1)!, epsilon, sources),
  element: (make, tensor, index, inside, sources) => {
    const [x] = tensor.inputs;
    const row = addressOf(index.slice(0, -1), stridesOf(x.shape.slice(0, -1)));
    const found = rowMoments(make, tensor, row, inside, sources);
    return normalized(make, sources.element(make, x, index, inside), found);
  },
};

export const inverseDeviation: Lowering<'inverseDeviation'> = {
  kind: 'element',
  inMemory: 'first',
  statistics: ({ inputs: [x], attributes: { epsilon } }, sources) =>
    moments(x, x.shape.at(-1)!, epsilon, sources),
  element: (make, tensor, index, inside, sources) => {
    const row = addressOf(index, stridesOf(tensor.shape));
    return rowMoments(make, tensor, row, inside, sources).inverse;
  },
};

export const groupNorm: Lowering<'groupNorm'> = {
  kind: 'element',
  inMemory: 'first',
  statistics: ({ inputs: [x], attributes: { groups, epsilon } }, sources) =>
    moments(x, sizeOf(x.shape) / x.shape[0] / groups, epsilon, sources),
  element: (make, tensor, index, inside, sources) => {
    const {
      inputs: [x, weight, bias],
      attributes: { groups },
    } = tensor;
    // Not derived from the element's number: an index outside the picture, whose value is ignored, would not
    // cancel.
    const row = plus(times(index[0], groups), quotient(index[1], x.shape[1] / groups));
    const found = rowMoments(make, tensor, row, inside, sources);
    const [scale, shift] = [weight, bias].map((each) =>
      sources.element(make, each, broadcastIndex(index.slice(0, 2), each.shape), inside),
    );
    const value = normalized(make, sources.element(make, x, index, inside), found);
    return make.apply('add', make.apply('mul', value, scale), shift);
  },
};
