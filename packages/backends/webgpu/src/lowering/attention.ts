import { attentionKernel } from '../kernels/attention.ts';
import { broadcastIndex } from './elementwise.ts';
import { rowMajor, type Lowering } from './lowering.ts';

export const attention: Lowering<'attention'> = {
  kind: 'kernel',
  inMemory: 'all',
  plan: ({ inputs: [q, k, v, mask], attributes: { scale }, shape }, { traits, load }) => ({
    order: tokensFirst(shape),
    emit: (target) => [
      attentionKernel(
        traits,
        {
          front: shape.slice(0, -2),
          queries: q.shape.at(-2)!,
          keys: k.shape.at(-2)!,
          width: q.shape.at(-1)!,
          valueWidth: v.shape.at(-1)!,
          scale,
          query: (front, query, at) => load(q, [...front, query, at]),
          key: (front, key, at) => load(k, [...front, key, at]),
          value: (front, key, at) => load(v, [...front, key, at]),
          mask:
            mask && ((front, query, key) => load(mask, broadcastIndex([...front, query, key], mask.shape))),
        },
        target,
      ),
    ],
  }),
};

/** The heads of one token side by side: as the linear layer that follows reads them. */
function tokensFirst(shape: readonly number[]): number[] {
  const axes = rowMajor(shape);
  return axes.length === 4 ? [0, 2, 1, 3] : axes;
}
