import { evaluateTensors, gradients, input } from '@rewardedit/graph';
import { describe, expect, it } from 'vitest';
import { IGNORED, languageLoss } from './language-loss.ts';

function lossOf(logits: number[], labels: number[], vocabulary: number) {
  const x = input('logits', [1, labels.length, vocabulary]);
  const loss = languageLoss(x, input('labels', [1, labels.length], 'i32'));
  const [value, gradient] = evaluateTensors([loss, ...gradients(loss, [x])], {
    inputs: { logits: Float32Array.from(logits), labels: Int32Array.from(labels) },
  });
  return { value: value[0], gradient: [...gradient] };
}

describe('languageLoss', () => {
  it('is the mean over labels that are not ignored, at the position before each', () => {
    // The last position predicts nothing; the label of the first is predicted by nobody.
    const { value, gradient } = lossOf([0, 0, Math.log(3), 0, 7, 7], [0, 1, 0], 2);
    expect(value).toBeCloseTo((Math.log(2) + Math.log(4 / 3)) / 2, 6);
    expect(gradient.slice(4)).toEqual([0, 0]);
    const alone = lossOf([0, 0, Math.log(3), 0, 7, 7], [0, IGNORED, 0], 2);
    expect(alone.value).toBeCloseTo(Math.log(4 / 3), 6);
    expect(alone.gradient.slice(0, 2)).toEqual([0, 0]);
  });

  it('is finite where a softmax would underflow, and zero without labels', () => {
    const far = lossOf([0, 1000, 0, 0], [0, 0], 2);
    expect(far.value).toBeCloseTo(1000, 3);
    expect(far.gradient.every(Number.isFinite)).toBe(true);
    const none = lossOf([1, 2, 3, 4], [IGNORED, IGNORED], 2);
    expect(none.value).toBe(0);
    expect(none.gradient).toEqual([0, 0, 0, 0]);
  });
});
