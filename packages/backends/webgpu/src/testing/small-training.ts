import {
  input,
  matmul,
  mean,
  mul,
  state,
  sub,
  trainingScalars,
  trainingStep,
  type TensorData,
  type TrainingStep,
} from '@rewardedit/graph';
import { someValues } from '@rewardedit/graph/testing';

const [ROWS, INNER, COLUMNS] = [8, 16, 8];
const ADAMW = { betas: [0.9, 0.999], epsilon: 1e-8, weightDecay: 0.01 } as const;

/** A linear layer trained with AdamW: few kernels, ready in little time. */
export function smallTraining(): TrainingStep {
  const weight = state('weight', [INNER, COLUMNS]);
  const error = sub(matmul(input('x', [ROWS, INNER]), weight), input('target', [ROWS, COLUMNS]));
  return trainingStep({ loss: mean(mul(error, error)), parameters: { weight }, adamw: ADAMW });
}

/** The inputs of step 1, 2, ...; each seed is another data set. */
export function smallBatch(step: number, seed: number): Record<string, TensorData> {
  return {
    x: someValues(ROWS * INNER, 100 * seed + step),
    target: someValues(ROWS * COLUMNS, 100 * seed - step),
    ...trainingScalars({ step, learningRate: 0.01, adamw: ADAMW }),
  };
}

/** The state before step 1: weights that follow from the seed, moments of zero. */
export function smallStart({ state: specs }: TrainingStep, seed: number): Record<string, Float32Array> {
  const names = Object.keys(specs);
  return Object.fromEntries(
    names.map((name) => [
      name,
      name === 'weight' ? someValues(INNER * COLUMNS, seed) : new Float32Array(INNER * COLUMNS),
    ]),
  );
}
