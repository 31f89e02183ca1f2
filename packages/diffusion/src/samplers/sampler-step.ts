import { add, input, maximum, minimum, mul, neg, reshape, slice, type Tensor } from '@rewardedit/graph';
import type { Sampler, SamplerStep, StepSum } from './sampler.ts';

/** What a step is computed from, all of one shape. What no step of a run uses is left out. */
export interface SamplerStepTensors {
  /** What the network said, guidance applied. */
  readonly output: Tensor;
  readonly sample: Tensor;
  /** The picture that is edited, for networks that predict a difference to it. */
  readonly source?: Tensor | undefined;
  /** Standard normal numbers. */
  readonly noise?: Tensor | undefined;
  /** What the steps before remembered, as many as the sampler has. */
  readonly memory?: readonly Tensor[] | undefined;
}

/** Factors of x0: of output, sample and source, and its limit. */
const PICTURE_FACTORS = 4;
/** Factors of a sum: of output, sample, source, x0 and noise, before those of each memory. */
const SUM_FACTORS = 5;

function sumFactors({ output, sample, source, picture, noise, memory = [] }: StepSum, memories: number) {
  return [
    output,
    sample,
    source,
    picture,
    noise,
    ...Array.from({ length: memories }, (_, i) => memory[i]),
  ].map((factor = 0) => factor);
}

/** The graph input with the factors of a step. */
export function stepFactors({ memories }: Pick<Sampler, 'memories'>): Tensor {
  return input('step_factors', [PICTURE_FACTORS + (1 + memories) * (SUM_FACTORS + memories)]);
}

/** The value of that input. */
export function stepFactorValues(
  { memories }: Pick<Sampler, 'memories'>,
  { picture, limit, next, remembered = [] }: SamplerStep,
): Float32Array {
  const sums = [next, ...Array.from({ length: memories }, (_, i) => remembered[i] ?? {})];
  return Float32Array.from([
    picture.output,
    picture.sample,
    picture.source,
    limit,
    ...sums.flatMap((sum) => sumFactors(sum, memories)),
  ]);
}

/** One step of any sampler: the next sample, what is remembered, and x0. */
export function samplerStep(
  factors: Tensor,
  { output, sample, source, noise, memory = [] }: SamplerStepTensors,
): { sample: Tensor; memory: Tensor[]; picture: Tensor } {
  const factor = (index: number) => reshape(slice(factors, [index], [1]), []);
  const sum = (first: number, terms: readonly (Tensor | undefined)[]) =>
    terms
      .flatMap((term, i) => (term ? [mul(term, factor(first + i))] : []))
      .reduce((total, term) => add(total, term));
  const limit = factor(PICTURE_FACTORS - 1);
  const picture = minimum(maximum(sum(0, [output, sample, source]), neg(limit)), limit);
  const terms = [output, sample, source, picture, noise, ...memory];
  const row = (index: number) => sum(PICTURE_FACTORS + index * terms.length, terms);
  return { sample: row(0), memory: memory.map((_, i) => row(1 + i)), picture };
}
