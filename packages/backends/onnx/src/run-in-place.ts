import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { freeBuffer } from './free-buffer.ts';
import { valuesOf } from './ort-tensors.ts';

/** The name of the empty sequence that precedes a model's other outputs. */
export const EMPTY_SEQUENCE = 'empty sequence';

/**
 * Whether a model runs in place: if the host reads its results. Other models have small results, and ONNX
 * Runtime may optimize them itself.
 */
export function isRunInPlace(results: Readonly<Record<string, unknown>>): boolean {
  return Object.keys(results).length > 0;
}

/** onnxruntime-node's error for a result that is not a tensor. */
const ENDED = 'Non tensor type is temporarily not supported.';

/**
 * Runs a model whose first result is an empty sequence, and writes all other results to the given memory.
 *
 * After a run, onnxruntime-node 1.30 copies all results out, even those written to given memory, and holds
 * all copies at once: as much memory as all gradients of a training step. It stops at the first result that
 * it cannot copy, such as a sequence; by then, all results have been written. If a version does copy, the
 * copies are freed.
 *
 * @param results by name, a tensor over the target memory of each other result.
 */
export async function runInPlace(
  session: InferenceSession,
  feeds: Readonly<Record<string, Tensor>>,
  results: Readonly<Record<string, Tensor>>,
): Promise<void> {
  let copies: InferenceSession.ReturnType;
  try {
    copies = await session.run(feeds, { [EMPTY_SEQUENCE]: null, ...results });
  } catch (error) {
    if (error instanceof Error && error.message === ENDED) return;
    throw error;
  }
  for (const [name, tensor] of Object.entries(results)) {
    const copy = copies[name];
    if (copy && valuesOf(copy).buffer !== valuesOf(tensor).buffer) freeBuffer(valuesOf(copy));
  }
}
