import { add, input, maximum, minimum, mul, neg, reshape, slice, type Tensor } from '@rewardedit/graph';
import type { SamplerStep } from './sampler.ts';

/** The factors of a step in the order in which a run hands them in. */
const FACTORS = [
  (step) => step.picture.output,
  (step) => step.picture.sample,
  (step) => step.picture.source,
  (step) => step.limit,
  (step) => step.next.output,
  (step) => step.next.sample,
  (step) => step.next.source,
  (step) => step.next.picture,
  (step) => step.next.earlierPicture,
  (step) => step.next.noise,
] as const satisfies readonly ((step: SamplerStep) => number)[];

/** What a step is computed from, all of one shape. What no step of a run uses is left out. */
export interface SamplerStepTensors {
  /** What the network said, guidance applied. */
  readonly output: Tensor;
  readonly sample: Tensor;
  /** The picture that is edited, for networks that predict a difference to it. */
  readonly source?: Tensor | undefined;
  /** x0 of the step before. */
  readonly earlierPicture?: Tensor | undefined;
  /** Standard normal numbers. */
  readonly noise?: Tensor | undefined;
}

/** The graph input with the factors of a step. */
export function stepFactors(): Tensor {
  return input('step_factors', [FACTORS.length]);
}

/** The value of that input. */
export function stepFactorValues(step: SamplerStep): Float32Array {
  return Float32Array.from(FACTORS, (factor) => factor(step));
}

/** One step of any sampler: the next sample, and x0. */
export function samplerStep(
  factors: Tensor,
  { output, sample, source, earlierPicture, noise }: SamplerStepTensors,
): { sample: Tensor; picture: Tensor } {
  const factor = (index: number) => reshape(slice(factors, [index], [1]), []);
  const sum = (first: number, terms: readonly (Tensor | undefined)[]) =>
    terms
      .flatMap((term, i) => (term ? [mul(term, factor(first + i))] : []))
      .reduce((total, term) => add(total, term));
  const limit = factor(3);
  const picture = minimum(maximum(sum(0, [output, sample, source]), neg(limit)), limit);
  return { picture, sample: sum(4, [output, sample, source, picture, earlierPicture, noise]) };
}
