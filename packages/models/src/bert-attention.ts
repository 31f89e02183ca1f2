import { add, type Tensor } from '@rewardedit/graph';
import { layerNormalization, linear } from './layers.ts';
import { multiHeadAttention } from './multi-head-attention.ts';
import type { Scope } from './parameters.ts';

/** Of every layer norm, as in BERT. */
const LAYER_NORM_EPSILON = 1e-12;

/**
 * BERT's attention of x [B, N, C] to a context [B, M, D], residual and post-norm (transformers' `BertAttention`). The published dropout is
 * not applied.
 *
 * @param options.mask added to the scores, see `hiddenScores`.
 */
export function bertAttention(
  scope: Scope,
  x: Tensor,
  context: Tensor,
  options: { readonly heads: number; readonly mask?: Tensor | undefined },
): Tensor {
  const channels = x.shape[2];
  const own = scope.at('self');
  const attended = multiHeadAttention(
    linear(own.at('query'), x, channels),
    linear(own.at('key'), context, channels),
    linear(own.at('value'), context, channels),
    options,
  );
  return scope.trace(addAndNorm(scope.at('output'), own.trace(attended), x));
}

/** A linear layer, residual and post-norm (transformers' `BertOutput`). */
export function addAndNorm(scope: Scope, x: Tensor, shortcut: Tensor): Tensor {
  const projected = linear(scope.at('dense'), x, shortcut.shape[2]);
  return scope.trace(layerNormalization(scope.at('LayerNorm'), add(projected, shortcut), LAYER_NORM_EPSILON));
}
