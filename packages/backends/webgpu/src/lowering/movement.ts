import { stridesOf } from '@rewardedit/graph';
import type { Element } from '../codegen/element.ts';
import { addressOf, indexOf, plus, quotient, times, type Condition } from '../codegen/index-expression.ts';
import { broadcastIndex } from './elementwise.ts';
import type { Lowering } from './lowering.ts';
import { masked } from './operand.ts';

export const reshape: Lowering<'reshape'> = {
  kind: 'view',
  element: (make, { inputs: [x], shape }, index, inside, { element }) =>
    element(make, x, indexOf(addressOf(index, stridesOf(shape)), x.shape), inside),
};

export const broadcastTo: Lowering<'broadcastTo'> = {
  kind: 'view',
  element: (make, { inputs: [x] }, index, inside, { element }) =>
    element(make, x, broadcastIndex(index, x.shape), inside),
};

export const transpose: Lowering<'transpose'> = {
  kind: 'view',
  element: (make, { inputs: [x], attributes: { order } }, index, inside, { element }) => {
    const source = x.shape.map((_, axis) => index[order.indexOf(axis)]);
    return element(make, x, source, inside);
  },
};

export const slice: Lowering<'slice'> = {
  kind: 'view',
  element: (make, { inputs: [x], attributes: { starts } }, index, inside, { element }) => {
    const source = index.map((each, axis) => plus(each, starts[axis]));
    return element(make, x, source, inside);
  },
};

export const pad: Lowering<'pad'> = {
  kind: 'view',
  element: (make, { inputs: [x], attributes: { before, after } }, index, inside, { element }) => {
    const source = index.map((each, axis) => plus(each, -before[axis]));
    const within = source.flatMap((each, axis): Condition[] =>
      before[axis] + after[axis] === 0 ? [] : [{ index: each, size: x.shape[axis] }],
    );
    return masked(make, element(make, x, source, [...inside, ...within]), within);
  },
};

/** Selects the part of an element where it is computed. */
export const concat: Lowering<'concat'> = {
  kind: 'element',
  inMemory: 'none',
  element: (make, { inputs, attributes: { axis } }, index, inside, { element }) => {
    let start = 0;
    const parts = inputs.map((x) => {
      const along = plus(index[axis], -start);
      start += x.shape[axis];
      const within: Condition[] = [{ index: along, size: x.shape[axis] }];
      return { within, value: element(make, x, index.with(axis, along), [...inside, ...within]) };
    });
    return parts.reduceRight<Element | undefined>((rest, { within, value }) => {
      if (!rest) return value;
      return make.apply('select', make.read({ kind: 'condition', conditions: within }, 2), value, rest);
    }, undefined)!;
  },
};

export const resizeNearest: Lowering<'resizeNearest'> = {
  kind: 'view',
  element: (make, { inputs: [x], shape }, [n, c, ...place], inside, { element }) => {
    const source = place.map((each, i) => quotient(times(each, x.shape[2 + i]), shape[2 + i]));
    return element(make, x, [n, c, ...source], inside);
  },
};

/** Nothing to do: kernels run in the order of the nodes. */
export const after: Lowering<'after'> = {
  kind: 'view',
  element: (make, { inputs: [x] }, index, inside, { element }) => element(make, x, index, inside),
};
