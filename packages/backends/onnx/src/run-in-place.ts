import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { giveBack } from './give-back.ts';
import { valuesOf } from './ort-tensors.ts';

/** The name under which a model gives an empty sequence before everything else. */
export const EMPTY_SEQUENCE = 'empty sequence';

/** Whether a model is run so: where the host reads results. Others give little, and ONNX Runtime optimizes some of them itself. */
export function isRunInPlace(results: Readonly<Record<string, unknown>>): boolean {
  return Object.keys(results).length > 0;
}

/** What onnxruntime-node says when it comes to a result that is no tensor. */
const ENDED = 'Non tensor type is temporarily not supported.';

/**
 * Runs a model whose first result is an empty sequence, and has all others written into memory that it is given for them.
 *
 * onnxruntime-node 1.30 copies results out once a model has run, one after the other, also those that it was given memory for, and
 * holds all copies at once: as much as all gradients of a training. It ends at the first that it cannot copy, which a sequence is; all
 * memory has been written to by then. Where it takes it, copies are given back.
 *
 * @param results a tensor over that memory for each other result, by its name.
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
    if (copy && valuesOf(copy).buffer !== valuesOf(tensor).buffer) giveBack(valuesOf(copy));
  }
}
