import type { AttentionGradientAttributes, Tensor } from '@rewardedit/graph';
import { attentionKernel, gradientKernel } from '../kernels/attention/choose.ts';
import { attentionRows, attentionRowsKernel } from '../kernels/attention/gradient.ts';
import type { AttentionOperands } from '../kernels/attention/rows.ts';
import { broadcastIndex } from './elementwise.ts';
import { rowMajor, type Lowering, type Sources } from './lowering.ts';

export const attention: Lowering<'attention'> = {
  kind: 'kernel',
  inMemory: 'all',
  plan: ({ inputs, attributes: { scale }, shape }, { traits, load }) => ({
    order: tokensFirst(shape),
    emit: (target) => [attentionKernel(traits, operandsOf(inputs, scale, load), target)],
  }),
};

/** The three gradients share the statistics of each query. */
export const attentionGradient: Lowering<'attentionGradient'> = {
  kind: 'kernel',
  inMemory: 'all',
  plan: ({ inputs, attributes, shape }, { traits, load, shared }) => ({
    order: tokensFirst(shape),
    emit: (target) => {
      const [dy, y, ...operands] = inputs;
      const attended = {
        ...operandsOf(operands, attributes.scale, load),
        result: (front, query, at) => load(y, [...front, query, at]),
        resultGradient: (front, query, at) => load(dy, [...front, query, at]),
      } satisfies Parameters<typeof attentionRowsKernel>[1];
      const rows = shared(rowsKey(inputs, attributes), () => {
        const made = attentionRows(attended);
        return { tensor: made, steps: [attentionRowsKernel(traits, attended, made)] };
      });
      return [...rows.steps, gradientKernel(traits, attended, attributes.of, rows.tensor, target)];
    },
  }),
};

function rowsKey(inputs: readonly Tensor[], { scale }: AttentionGradientAttributes): string {
  return `attention rows of ${inputs.map(({ id }) => id).join()} at ${scale}`;
}

function operandsOf(
  [q, k, v, mask]: readonly Tensor[],
  scale: number,
  load: Sources['load'],
): AttentionOperands {
  return {
    front: q.shape.slice(0, -2),
    queries: q.shape.at(-2)!,
    keys: k.shape.at(-2)!,
    width: q.shape.at(-1)!,
    valueWidth: v.shape.at(-1)!,
    scale,
    query: (front, query, at) => load(q, [...front, query, at]),
    key: (front, key, at) => load(k, [...front, key, at]),
    value: (front, key, at) => load(v, [...front, key, at]),
    mask: mask && ((front, query, key) => load(mask, broadcastIndex([...front, query, key], mask.shape))),
  };
}

/** The memory order [batch, token, head, width], which the linear layer that follows reads contiguously. */
function tokensFirst(shape: readonly number[]): number[] {
  const axes = rowMajor(shape);
  return axes.length === 4 ? [0, 2, 1, 3] : axes;
}
