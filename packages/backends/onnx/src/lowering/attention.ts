import type { Lowering } from './lowering.ts';
import { product } from './matmul.ts';

export const softmax: Lowering<'softmax'> = (emitter, [x]) =>
  emitter.emit('Softmax', [x], { attributes: { axis: -1 } });

/** Decomposed as the gradient decomposes it, so that forward and backward pass share the weights. */
export const attention: Lowering<'attention'> = (emitter, [q, k, v, mask], tensor) => {
  const { inputs, attributes, dtype } = tensor;
  const [queries, keys] = [q, k].map((value, i) => ({ value, shape: inputs[i].shape }));
  const scores = product(emitter, queries, keys, { transposeB: true, scale: attributes.scale, dtype });
  const masked = mask === undefined ? scores : emitter.emit('Add', [scores, mask]);
  const weights = emitter.emit('Softmax', [masked], { attributes: { axis: -1 } });
  return emitter.emit('MatMul', [weights, v]);
};
