import { ROW } from '../codegen/element.ts';
import { variable } from '../codegen/index-expression.ts';
import { sumOf } from '../kernels/combine.ts';
import { reduceKernels } from '../kernels/reduce.ts';
import { rowMajor, type Lowering } from './lowering.ts';

/** Rows at indices loaded from memory. Indices out of range are clamped. */
export const gather: Lowering<'gather'> = {
  kind: 'element',
  inMemory: 'all',
  element: (make, { inputs: [table, indices] }, index, inside, { load }) => {
    const place = index.slice(0, indices.shape.length);
    const within = index.slice(indices.shape.length);
    const count = table.shape[0];
    const element = load(table, [variable(ROW, count), ...within], inside);
    const row = { of: load(indices, place, inside), count };
    return make.read({ ...element, row }, 2, table.dtype === 'i32' ? 'i32' : 'f32');
  },
};

/** For each row of the table, the sum of its updates, so that no two invocations write the same element. */
export const scatterAdd: Lowering<'scatterAdd'> = {
  kind: 'kernel',
  inMemory: 'none',
  plan: ({ inputs: [indices, updates], shape, dtype }, { traits, element }) => ({
    order: rowMajor(shape),
    emit: (target) =>
      reduceKernels(
        traits,
        {
          label: 'scatterAdd',
          rows: shape,
          along: indices.shape,
          combination: sumOf(dtype === 'i32' ? 'i32' : 'f32'),
          element: (make, [row, ...within], place) => {
            const mine = make.read({ kind: 'index', index: row }, 2, 'i32');
            const update = element(make, updates, [...place, ...within]);
            const here = make.apply('equal', element(make, indices, place), mine);
            return make.apply('select', here, update, make.number(0, update.type));
          },
          resultIndex: (row) => row,
        },
        target,
      ),
  }),
};
