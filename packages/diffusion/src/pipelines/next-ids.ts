import type { TensorData } from '@rewardedit/graph';
import { IGNORED } from '@rewardedit/models';
import type { EditModelConfig } from '../edit-model.ts';

/**
 * Returns the labels of a decoder's logits (`Conditions.logits`) for the pipeline's `values`, [B, words + image tokens] flat: the id at each
 * position, since `languageLoss` compares each position with the next. Padding is ignored.
 */
export function nextIds(
  { tokens, smartEdit }: EditModelConfig,
  { ids, words }: Readonly<Record<string, TensorData>>,
): Int32Array {
  if (smartEdit?.language.kind !== 'decoder')
    throw new Error('nextIds: the model has no decoder of its own.');
  const { image_tokens: count, llama } = smartEdit.language;
  const samples = ids.length / tokens;
  const length = tokens + count;
  return Int32Array.from({ length: samples * length }, (_, i) => {
    const [sample, position] = [Math.floor(i / length), i % length];
    if (position >= tokens) return llama.vocab_size - length + position;
    const at = sample * tokens + position;
    return words[at] === 1 ? ids[at] : IGNORED;
  });
}
