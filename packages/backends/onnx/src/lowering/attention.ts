import { product } from './matmul.ts';
import type { Lowering } from './lowering.ts';

export const softmax: Lowering<'softmax'> = (emitter, [x]) =>
  emitter.emit('Softmax', [x], { attributes: { axis: -1 } });

/** Written out, as the gradient writes it: the weights then are the same value forward and backward, computed once. */
export const attention: Lowering<'attention'> = (emitter, [q, k, v, mask], { inputs, attributes }) => {
  const [shapeQ, shapeK] = inputs.map(({ shape }) => shape);
  const products = product(
    emitter,
    { value: q, shape: shapeQ },
    { value: k, shape: shapeK },
    { transposeB: true },
  );
  const scores = emitter.emit('Mul', [products, emitter.scalar(attributes.scale)]);
  const masked = mask === undefined ? scores : emitter.emit('Add', [scores, mask]);
  const weights = emitter.emit('Softmax', [masked], { attributes: { axis: -1 } });
  return emitter.emit('MatMul', [weights, v]);
};
