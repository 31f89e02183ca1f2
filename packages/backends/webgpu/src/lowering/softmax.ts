import { stridesOf } from '@rewardedit/graph';
import { addressOf, whole } from '../codegen/index-expression.ts';
import { EXPONENTIALS } from '../kernels/combine.ts';
import type { Lowering } from './lowering.ts';

/** exp(x - maximum) / sum, with both statistics of each row computed before. */
export const softmax: Lowering<'softmax'> = {
  kind: 'element',
  inMemory: 'first',
  statistics: ({ inputs: [x] }, { element }) => ({
    key: `exponentials of ${x.id}`,
    reduction: {
      label: 'softmax',
      rows: x.shape.slice(0, -1),
      along: x.shape.slice(-1),
      combination: EXPONENTIALS,
      element: (make, row, along) => element(make, x, [...row, ...along]),
      resultIndex: (row) => [addressOf(row, stridesOf(x.shape.slice(0, -1)))],
    },
  }),
  element: (make, tensor, index, inside, { element, statistics }) => {
    const [x] = tensor.inputs;
    const sums = statistics(tensor);
    const row = addressOf(index.slice(0, -1), stridesOf(x.shape.slice(0, -1)));
    const [largest, total] = [0, 1].map((which) =>
      make.read(
        { kind: 'load', tensor: sums, address: addressOf([row, whole(which)], sums.strides), inside },
        2,
      ),
    );
    const value = make.apply('exp', make.apply('sub', element(make, x, index, inside), largest));
    return make.apply('div', value, total);
  },
};
